"""The examples of the REST reference of Cosmos DB, sent with requests.

https://learn.microsoft.com/rest/api/cosmos-db/ : create and get a database, a collection and a document, query documents.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import urllib.parse
from email.utils import formatdate

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import loopback  # noqa: E402,F401
import requests  # noqa: E402

endpoint, key = os.environ["COSMOS_ENDPOINT"], os.environ["COSMOS_KEY"]


def send(verb, path, kind, link, body=None, **headers):
    date = formatdate(usegmt=True)
    text = f"{verb.lower()}\n{kind}\n{link}\n{date.lower()}\n\n"
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    token = f"type=master&ver=1.0&sig={base64.b64encode(digest).decode()}"
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(
        verb,
        f"{endpoint}/{path}",
        data=None if body is None else json.dumps(body),
        headers={
            "authorization": urllib.parse.quote(token, safe=""),
            "x-ms-date": date,
            "x-ms-version": "2018-12-31",
            **headers,
        },
    )


family = {
    "id": "AndersenFamily",
    "LastName": "Andersen",
    "Parents": [{"FamilyName": None, "FirstName": "Thomas"}, {"FamilyName": None, "FirstName": "Mary Kay"}],
    "Children": [{"FirstName": "Henriette Thaulow", "Gender": "female", "Grade": 5, "Pets": [{"GivenName": "Fluffy"}]}],
    "Address": {"State": "WA", "County": "King", "City": "Seattle"},
    "IsRegistered": True,
}
partition = {"x_ms_documentdb_partitionkey": '["Andersen"]'}
docs = "dbs/volcanodb/colls/volcano/docs"
said = {}

said["create database"] = send("POST", "dbs", "dbs", "", {"id": "volcanodb"}).status_code
said["get database"] = send("GET", "dbs/volcanodb", "dbs", "dbs/volcanodb").json()["id"]
definition = {"id": "volcano", "partitionKey": {"paths": ["/LastName"], "kind": "Hash", "Version": 2}}
said["create collection"] = send("POST", "dbs/volcanodb/colls", "colls", "dbs/volcanodb", definition).status_code
created = send("POST", docs, "docs", "dbs/volcanodb/colls/volcano", family, **partition)
said["create document"] = created.status_code
said["again"] = [created.status_code, send("POST", docs, "docs", "dbs/volcanodb/colls/volcano", family, **partition).json()["code"]]
link = f"{docs}/AndersenFamily"
got = send("GET", link, "docs", link, **partition)
said["get document"] = {name: got.json()[name] for name in family} == family
said["not modified"] = send("GET", link, "docs", link, if_none_match=got.headers["etag"], **partition).status_code
family["IsRegistered"] = False
said["replace"] = send("PUT", link, "docs", link, family, if_match=got.headers["etag"], **partition).status_code
said["replace a stale one"] = send("PUT", link, "docs", link, family, if_match=got.headers["etag"], **partition).status_code
query = {
    "query": "SELECT * FROM Families f WHERE f.id = @id AND f.Address.City = @city",
    "parameters": [{"name": "@id", "value": "AndersenFamily"}, {"name": "@city", "value": "Seattle"}],
}
answer = send(
    "POST",
    docs,
    "docs",
    "dbs/volcanodb/colls/volcano",
    query,
    content_type="application/query+json",
    x_ms_documentdb_isquery="True",
    x_ms_documentdb_query_enablecrosspartition="True",
)
said["query"] = [document["id"] for document in answer.json()["Documents"]]
patch = {"operations": [{"op": "add", "path": "/Address/Zip", "value": "98101"}]}
patched = send("PATCH", link, "docs", link, patch, content_type="application/json_patch+json", **partition)
said["patch"] = patched.json()["Address"]["Zip"]
said["delete"] = send("DELETE", link, "docs", link, **partition).status_code
said["gone"] = send("GET", link, "docs", link, **partition).json()["code"]
print(json.dumps(said))
