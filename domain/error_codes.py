"""The closed set of what can be wrong with a request, for programs; each with its meaning, which the graph and `docs/errors/` repeat.

A rule's id in capitals is a code too, but of no closed set: regions name their rules. Here all of them are `POLICY_REFUSES`.
"""

from enum import Enum

from domain.errors import DecisionFault, DomainError


class ErrorCode(Enum):
    """What kind of failure; the value says what it means, and a page in `docs/errors/` says the same with what to do."""

    ADDRESS_EXPIRED = (
        "The address of a document, or of a copy of somebody's data, is over, or is not one that this service has signed; each"
        " is good for two minutes."
    )
    ALREADY_BEING_REPLACED = (
        "A new card in place of this one is asked for or made already; one old card is replaced by one new card."
    )
    ALREADY_CHOSEN = (
        "A later step of an operation names another bank than was chosen before, or chooses what the application "
        "was decided on, or what is chosen already. The first choice was decided on, and charged for."
    )
    AMOUNT_CHANGED = "The amount due changed while a payment was being prepared."
    BATCH_CHANGED = (
        "A batch of account entries with this reference is posted already, and its entries were others. Nothing of"
        " the new one is posted."
    )
    BOTH_HAVE_A_CARD = (
        "Two records are to be one person's, and both have a card of this service, or an application for one, in the same "
        "province, where one person may have one (SC-1)."
    )
    CARD_EXISTS = "A card with that number, or id, is on record already."
    CARD_NUMBER_WRONG = "The number typed is not that of the card that it is about."
    CARD_OF_ANOTHER_REGION = (
        "An account entry names a card that is not at home in the region for which the batch is posted, and never "
        "was. Nothing of the batch is posted."
    )
    CHANNEL_NOT_OPEN = "The region has no channel of the token's name at all."
    CODE_TOO_SOON = "Too many verification codes were asked for in a short time."
    CONFLICT = "Something else happened first: the record changed since it was read."
    CURSOR_INVALID = "The cursor is none that the graph gave, or names what is no longer in the list."
    CURSOR_OF_ANOTHER_LIST = (
        "The cursor in `after` or `before` was given by another list than the one that is asked for."
    )
    DECISION_FAULT = 'The policy could not be evaluated. Never an approval, and never "did not match".'
    DECISION_REFUSED = (
        "The policy of the region refuses, or something required is missing; the decision says all of it, with the"
        " clauses."
    )
    DELEGATE_NOT_FOUND = (
        "Nobody on record has the name and the identity document that were given for the delegate. Whether the "
        "name or the number is wrong is not told."
    )
    DELEGATION_ENDED = "The delegation that is to be revoked was revoked before, or its last day is over."
    DOCUMENT_NOT_AS_REQUIRED = (
        "A document given in a correction is not as the region asks for it; the message says what is wrong, and "
        "the application stays as it was."
    )
    DRAFT_HAS_FAULTS = (
        "Tests, the difference and the solver's findings of a draft were asked for (`policyDraft`), and the draft "
        "has faults: nothing can be decided by it."
    )
    DRAFT_STOPPED = (
        "Trying a draft (`policyDraft`) took more time or memory than there is for it, or its process died; everything "
        "else goes on."
    )
    ENTRY_EXISTS = (
        "An entry of the batch, or the batch itself, is posted already under that reference in the city. Nothing "
        "of the batch is posted."
    )
    FACE_ASSERTION_INVALID = (
        "The result of a face check is not signed by the provider, has expired, or is of another person or purpose."
    )
    FACE_CHECK_USED = "The result of a face check was used before; each serves once."
    FILE_NOT_FOUND = "There is no stored file of that id."
    GATEWAY_UNAVAILABLE = (
        "A provider outside (SMS, payment, face check, register) did not answer in time, or not in a way that can "
        "be read."
    )
    GUARDIANSHIP_EXISTS = "The guardianship is on record already."
    GUARDIANSHIP_NOT_FOUND = (
        "The two are not guardian and ward: no such guardianship is on record, or it has ended already."
    )
    GUARDIANSHIP_PENDING = (
        "The same guardianship, or its end, is asked for already: it waits for a second clerk, or until nobody may "
        "object any more."
    )
    HOLDER_DECEASED = (
        "The death of the person is on record: of the holder whom it is about, or of who acts or is to act for "
        "them. It came on record when a card was cancelled for that reason. Offices can still cancel cards, close "
        "accounts, withdraw applications and look things up; nothing else is done for the dead or in their name."
    )
    HOLDER_DIFFERS = (
        "On record, whoever has the identity document has another name or another date of birth than is given with a card "
        "that was issued before this service."
    )
    HOLDER_EXISTS = "The identity document, or the id, is on record already."
    IDEMPOTENCY_KEY_REUSED = (
        "The idempotency key was used for another request: another mutation, or another input. A key names one "
        "change for seven days."
    )
    IDENTITY_DIFFERS = (
        "The population register knows the document, but with another name or date of birth than the person's"
        " record here."
    )
    IDENTITY_NOT_CONFIRMED = "The register does not confirm that the name and the number belong together."
    IDENTITY_NOT_VOUCHED = "The token does not say who the person is, so that they cannot put themselves on record."
    IDENTITY_NUMBER_INVALID = "The number of an identity document is not well formed, or its check digit is wrong."
    IDENTITY_NUMBER_WRONG = (
        "The identity number that was given to confirm whose card it is does not agree with the record."
    )
    IDENTITY_OF_ANOTHER_HOLDER = "The identity document is on record already, with another person."
    ID_INVALID = "A global id is none that the graph gave, or is of another type."
    IMAGE_FORMAT = "The picture is in no accepted format, or moves."
    IMAGE_TOO_COMPLEX = "The picture takes more time or memory to look at than is given to one."
    IMAGE_TOO_LARGE = (
        "The picture has more bytes or pixels than the limit. A PNG and a progressive JPEG take more memory to "
        "read than another JPEG, so their limit in pixels is lower; the message says it."
    )
    IMAGE_UNREADABLE = "The picture is damaged or incomplete."
    INVALID_INPUT = "A value in the request cannot be right; `field` says which."
    INVALID_UPLOAD = (
        "The multipart form is not as the GraphQL multipart request specification says, or something else stands "
        "where a file goes."
    )
    LOGOUT_TOKEN_INVALID = (
        "A logout token is not signed as it should be, is for another service, out of date, or names nothing that ends."  # noqa: S105 - no password
    )
    MISSING = (
        "A requirement of the region's policy is not met yet, or a copy of somebody's data is asked for without a proof. There is"
        " one such error for each, all at once."
    )
    MOBILE_NUMBER_INVALID = "It is no mobile number."
    NOT_AUTHENTICATED = "The request carries no valid token."
    NOT_FOUND = "There is no such thing, or none that this caller may see; which of the two is not told."
    NOT_ON_RECORD = "The person of the token is not on record, and asks for something of their own."
    NOT_PERMITTED = "The token's role, channel, office or person does not allow this."
    NO_MOBILE_BOUND = "A verification code was asked for without a number, and no mobile number is bound to the person."
    ONE_CARD_PER_PROVINCE = "The person has a card, or an application for one, in the province already (SC-1)."
    PASSWORDS_DIFFER = "The new service password was not typed the same way twice."
    PASSWORD_ALREADY_SET = "The card has a service password, so that no first one can be set."  # noqa: S105 - no password
    PASSWORD_NOT_SET = "The card has no service password yet, so that there is none to change."  # noqa: S105 - no password
    PASSWORD_WRONG = (
        "The old service password is wrong. The message says how many wrong ones came in a row, and how many more "  # noqa: S105 - no password
        "lock the card."
    )
    PAYMENT_INVALID = "A payment cannot be asked for with this reference or amount."
    PAYMENT_NOTICE_INVALID = "A payment notice is not signed as it should be, too old, or cannot be read."
    PAYMENT_NOT_FOUND = "There is no payment with that reference."
    POLICY_CHANGED = (
        "The digest that the caller was quoted is not that of the policies in force now: they changed in between."
    )
    POLICY_REFUSES = (
        "A rule of the region's policy refuses: `code` is the rule's id in capitals, `citation` its clause. There "
        "is one such error for each, all at once."
    )
    RECORD_UNREADABLE = (
        "What is encrypted in a record does not open: its key is missing, it was changed outside the service, or it was"
        " copied from another record. Nothing of it is shown and nothing is done; the service's operator has to look at it."
    )
    REGION_UNKNOWN = "No folder has that region code."
    ROW_FAILED = (
        "A row of a batch failed by an internal error; nothing of it is done, and the other rows are answered by "
        "themselves."
    )
    ROW_NOT_REACHED = "A row of a batch was not begun, because the time of one request was nearly over."
    SAME_CLERK = "What one clerk has asked about a guardian is to be confirmed by another one."
    SERVICE_BUSY = (
        "Too many wait already for something that the service does only a few times at once, such as looking at an "
        "uploaded picture or trying a draft."
    )
    SERVICE_UNAVAILABLE = (
        "The service's database is away or lost the connection. `retryAfter` says after how many seconds it may be asked for again;"
        " a change is sent again under the same idempotency key, for it may have been saved."
    )
    TOO_MANY_REQUESTS = (
        "It was asked for too often, by whoever asks, from their address or about one person. `retryAfter` says after how many"
        " seconds it may be asked for again; nothing was done."
    )
    TRANSITION_IMPOSSIBLE = "The state machine has no step from the present state by this event."
    UPLOAD_QUOTA_USED = (
        "Whoever uploads has used up what they may upload in a day, by number or by size. Nothing of the file is kept."
    )
    VALUE_NOT_POSSIBLE = (
        "A value is not of its type or not in its vocabulary, or the region has no such thing to choose or declare; "
        "`choices` has the words that there are."
    )
    VERIFICATION_CODE_WRONG = "The SMS code is wrong, used or expired; which of them is not told."
    WARD_OF_ANOTHER_REGION = (
        "A guardian is to be put on record, or a guardianship to be ended, by an office of another region than the"
        " ward's: the region of the ward's cards, else where a card is applied for, where the ward is insured, employed "
        "or lives, or where a guardian was put on record before, else where the guardians belong."
    )


def code_of(error: DomainError) -> ErrorCode:
    """Return the kind of a failure: of a policy that could not be evaluated, whatever of it could not, `DECISION_FAULT`."""
    known = ErrorCode.__members__
    if isinstance(error, DecisionFault) or error.code not in known:
        return known[type(error).default_code]
    return known[error.code]
