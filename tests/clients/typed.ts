// What a front-end in TypeScript does with the documents that GraphQL codegen has typed; compiled, never run.
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import type { ResultOf } from "@graphql-typed-document-node/core";
import { ApplyDocument, OpeningsDocument, OperationsDocument } from "./generated/graphql";

const client = new ApolloClient({ link: new HttpLink({ uri: "/graphql" }), cache: new InMemoryCache() });

export async function openBanks(region: string): Promise<string[]> {
  const { data } = await client.query({ query: OpeningsDocument, variables: { region } });
  return data?.region?.crossProvince.banks.map((bank) => bank.label.text) ?? [];
}

export async function apply(holderId: string, bank: string): Promise<{ operation: string | undefined; refused: string[] }> {
  const { data } = await client.mutate({
    mutation: ApplyDocument,
    variables: { input: { holderId, bank, regionCode: "510100", evidence: {} } },
  });
  const payload = data?.applyForCard;
  return { operation: payload?.operation?.id, refused: payload?.errors.map((error) => error.code) ?? [] };
}

export function states(page: ResultOf<typeof OperationsDocument>): string[] {
  return page.operations?.edges.map(({ node }) => `${node.createdAt} ${node.state}`) ?? [];
}
