"""Uploads, asks and sends too much by gql, as a partner's system would; run with gql on the path of modules."""

import json
import sys
from typing import Any

from gql import Client, FileVar, gql
from gql.transport.exceptions import TransportQueryError, TransportServerError
from gql.transport.httpx import HTTPXTransport

UPLOAD = """
mutation Upload($input: UploadDocumentInput!) {
  uploadDocument(input: $input) { document { widthPx } errors { code } }
}
"""


def main(address: str, token: str, photo: str) -> None:
    transport = HTTPXTransport(url=address, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    seen: list[Any] = []
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        given = {"file": FileVar(photo, content_type="image/jpeg"), "type": "photo", "regionCode": "510100"}
        seen.append(session.execute(gql(UPLOAD), variable_values={"input": given}, upload_files=True))
        for code in ("510100", "999999", "x" * 3_000_000):
            try:
                query = gql("query Region($code: String!) { region(code: $code) { code } }")
                seen.append(session.execute(query, variable_values={"code": code}))
            except TransportQueryError as refused:
                seen.append([error["extensions"]["code"] for error in refused.errors or ()])
            except TransportServerError as refused:
                seen.append(refused.code)
    print(json.dumps(seen))


main(*sys.argv[1:])
