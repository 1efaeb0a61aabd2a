// What is asked of the graph; the build types each by the schema.
import { graphql } from "../generated";

export const PersonFields = graphql(`
  fragment PersonFields on Holder {
    id
    name
    holderType
    identityType
    bornOn
    mobile
    photoOnFile
  }
`);

export const OperationFields = graphql(`
  fragment OperationFields on Operation {
    id
    regionCode
    regionName { text }
    service
    serviceTerm { label { text } }
    stateTerm { label { text } }
    bank
    outlet
    reason
    relation
    createdAt
    promisedAt
    due
    correctionReason
    trackingNumber
    holder { ...PersonFields }
    card { id stateTerm { label { text } } }
    next {
      action
      service
      serviceTerm { label { text } }
      by
      byTerms { label { text } }
      until
      outletTerm { label { text } }
      otherwiseTerms { name label { text } }
    }
    progress { state stateTerm { label { text } } at }
    timeline { at eventTerm { label { text } } toStateTerm { label { text } } roleTerm { label { text } } note }
    fees { fee label { text } amount state }
  }
`);

export const CardFields = graphql(`
  fragment CardFields on Card {
    id
    number
    regionCode
    regionName { text }
    bankTerm { label { text } }
    stateTerm { label { text } }
    stateUntil
    issuedOn
    holder { ...PersonFields }
  }
`);

export const Answer = graphql(`
  fragment Answer on DecidedPayload {
    errors { code field message { text } citation { document clause } }
    decision { advice { message { text } } }
    ... on OperationPayload { operation { id } }
  }
`);

export const Regions = graphql(`
  query Regions {
    regions { code level name { text } services }
  }
`);

export const RegionNamed = graphql(`
  query RegionNamed($code: String!) {
    region(code: $code) { code name { text } services serviceTerms { name label { text } } }
  }
`);

export const Me = graphql(`
  query Me {
    me { ...PersonFields wards { ...PersonFields } }
  }
`);

export const Mine = graphql(`
  query Mine {
    me { id cards { ...CardFields } }
    operations(first: 20) {
      edges { node { id createdAt regionName { text } serviceTerm { label { text } } stateTerm { label { text } } } }
    }
  }
`);

export const OneOperation = graphql(`
  query OneOperation($id: ID!) {
    operation(id: $id) { ...OperationFields }
  }
`);

export const OneCard = graphql(`
  query OneCard($id: ID!) {
    card(id: $id) { ...CardFields }
  }
`);

export const Asked = graphql(`
  query Asked($region: String!, $service: String!, $suppose: [SuppositionInput!]) {
    requirements(region: $region, service: $service, suppose: $suppose) {
      channels
      channelTerms { label { text } }
      decision {
        policyDigest
        regionName { text }
        denials { rule conditional waitsFor message { text } citation { document clause } }
        requirements { rule conditional waitsFor message { text } citation { document clause } }
        charges {
          fee
          label { text }
          amount
          payer
          conditional
          waitsFor
          onlyIf { fact label { text } valueTerms { label { text } } }
        }
        promises { what conditional message { text } }
        advice { conditional message { text } }
      }
      form {
        mutation
        title { text }
        formSchema
        uiSchema
        fields { path type label { text } help { text } needed waitsFor hidden document { name } specification }
      }
    }
  }
`);

export const Upload = graphql(`
  mutation Upload($input: UploadDocumentInput!) {
    uploadDocument(input: $input) { document { id widthPx heightPx } errors { code message { text } } }
  }
`);

export const SendCode = graphql(`
  mutation SendCode($input: RequestVerificationCodeInput!) {
    requestVerificationCode(input: $input) { mobile expiresAt errors { code message { text } } }
  }
`);

export const CheckFace = graphql(`
  mutation CheckFace($input: RequestFaceCheckInput!) {
    requestFaceCheck(input: $input) { url expiresAt errors { code message { text } } }
  }
`);

// The changes that people ask for themselves, by the name of the mutation that `requirements { form }` gives.
const applyForCard = graphql(`
  mutation ApplyForCard($input: ApplyForCardInput!) { answer: applyForCard(input: $input) { ...Answer } }
`);
const withdrawApplication = graphql(`
  mutation WithdrawApplication($input: WithdrawApplicationInput!) { answer: withdrawApplication(input: $input) { ...Answer } }
`);
const setDelivery = graphql(`
  mutation SetDelivery($input: SetDeliveryInput!) { answer: setDelivery(input: $input) { ...Answer } }
`);
const payOperation = graphql(`
  mutation PayOperation($input: PayOperationInput!) {
    answer: payOperation(input: $input) { ...Answer payment { payUrl } }
  }
`);
const correctApplication = graphql(`
  mutation CorrectApplication($input: CorrectApplicationInput!) { answer: correctApplication(input: $input) { ...Answer } }
`);
const confirmReceipt = graphql(`
  mutation ConfirmReceipt($input: ConfirmReceiptInput!) { answer: confirmReceipt(input: $input) { ...Answer } }
`);
const reportLostInPost = graphql(`
  mutation ReportLostInPost($input: ReportLostInPostInput!) { answer: reportLostInPost(input: $input) { ...Answer } }
`);
const activateCard = graphql(`
  mutation ActivateCard($input: ActivateCardInput!) { answer: activateCard(input: $input) { ...Answer } }
`);
const bindCard = graphql(`
  mutation BindCard($input: BindCardInput!) { answer: bindCard(input: $input) { ...Answer } }
`);
const reportTemporaryLoss = graphql(`
  mutation ReportTemporaryLoss($input: ReportTemporaryLossInput!) { answer: reportTemporaryLoss(input: $input) { ...Answer } }
`);
const reportFormalLoss = graphql(`
  mutation ReportFormalLoss($input: ReportFormalLossInput!) { answer: reportFormalLoss(input: $input) { ...Answer } }
`);
const cancelLossReport = graphql(`
  mutation CancelLossReport($input: CancelLossReportInput!) { answer: cancelLossReport(input: $input) { ...Answer } }
`);
const reissueCard = graphql(`
  mutation ReissueCard($input: ReissueCardInput!) { answer: reissueCard(input: $input) { ...Answer } }
`);

export const CHANGES = {
  applyForCard,
  withdrawApplication,
  setDelivery,
  payOperation,
  correctApplication,
  confirmReceipt,
  reportLostInPost,
  activateCard,
  bindCard,
  reportTemporaryLoss,
  reportFormalLoss,
  cancelLossReport,
  reissueCard,
};

/** Services on a card that people ask for themselves; a region may have all or some. */
export const ON_CARDS = ["activate", "bind_card", "report_temporary_loss", "report_formal_loss", "cancel_loss_report", "reissue"];
