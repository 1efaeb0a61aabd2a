"""What people show in an app: pictures of their papers, the code that was sent to a telephone, a check of the face."""

from pathlib import Path

from examples.python.graph import Graph

UPLOAD = """
mutation Upload($input: UploadDocumentInput!) {
  uploadDocument(input: $input) { document { id } errors { code field message { text } } }
}
"""
SEND_CODE = """
mutation SendCode($input: RequestVerificationCodeInput!) {
  requestVerificationCode(input: $input) { mobile errors { code field message { text } } }
}
"""
CHECK_FACE = """
mutation CheckFace($input: RequestFaceCheckInput!) {
  requestFaceCheck(input: $input) { url errors { code field message { text } } }
}
"""


def uploaded(graph: Graph, key: str, region: str, papers: tuple[str, ...], holder: str | None = None) -> list[str]:
    """Upload pictures, each given as KIND=FILE, and return their ids. The form of a region names the kinds that it asks for."""
    about, ids = {"regionCode": region, "holderId": holder}, []
    for kind, _, file in (paper.partition("=") for paper in papers):
        answer = graph.upload(UPLOAD, f"{key} {kind}", Path(file), type=kind, **about)
        ids.append(answer["document"]["id"])
    return ids


def code(graph: Graph, purpose: str, mobile: str | None = None) -> str:
    """Have a code sent to a number, or to the one that is bound, and return it as the person types it in."""
    told = graph.change(SEND_CODE, None, purpose=purpose, mobile=mobile)["mobile"]
    return input(f"The code that was sent to {told}: ").strip()


def face(graph: Graph, purpose: str) -> str:
    """Have a face checked, and return the assertion that the page of the check hands to the app."""
    page = graph.change(CHECK_FACE, None, purpose=purpose)["url"]
    return input(f"The assertion that {page} has shown: ").strip()
