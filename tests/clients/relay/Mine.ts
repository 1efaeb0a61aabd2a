// The documents of a front-end on Relay: pages that grow, and things that are fetched again by their id.
import { graphql } from "relay-runtime";

export const mine = graphql`
  query MineQuery($first: Int!, $after: String) {
    ...Mine_operations @arguments(first: $first, after: $after)
  }
`;

export const operations = graphql`
  fragment Mine_operations on Query
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
  @refetchable(queryName: "MineOperationsQuery") {
    operations(first: $first, after: $after) @connection(key: "Mine_operations") {
      edges {
        node {
          id
          state
          card {
            ...Mine_card
          }
        }
      }
    }
  }
`;

export const card = graphql`
  fragment Mine_card on Card @refetchable(queryName: "MineCardQuery") {
    bank
    state
  }
`;

export const cards = graphql`
  fragment Mine_cards on Holder
  @argumentDefinitions(last: { type: "Int!" }, before: { type: "String" })
  @refetchable(queryName: "MineCardsQuery") {
    cardsConnection(last: $last, before: $before) @connection(key: "Mine_cardsConnection") {
      edges {
        node {
          ...Mine_history
        }
      }
    }
  }
`;

export const history = graphql`
  fragment Mine_history on Card {
    historyConnection(first: 5) @connection(key: "Mine_historyConnection") {
      edges {
        node {
          state
          since
        }
      }
    }
  }
`;
