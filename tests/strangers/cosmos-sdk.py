"""Debian's azure-cosmos 3.1.1, an SDK from before partition key ranges were hidden from its callers."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import loopback  # noqa: E402,F401
import azure.cosmos.cosmos_client as cosmos_client  # noqa: E402
import azure.cosmos.documents as documents  # noqa: E402
import azure.cosmos.errors as errors  # noqa: E402

policy = documents.ConnectionPolicy()
policy.SSLConfiguration = documents.SSLConfiguration()
policy.SSLConfiguration.SSLCaCerts = os.environ["REQUESTS_CA_BUNDLE"]
client = cosmos_client.CosmosClient(os.environ["COSMOS_ENDPOINT"], {"masterKey": os.environ["COSMOS_KEY"]}, policy)

said = {}
client.CreateDatabase({"id": "python"})
client.CreateContainer(
    "dbs/python",
    {"id": "items", "partitionKey": {"paths": ["/city"], "kind": "Hash"}},
)
items = "dbs/python/colls/items"
for number in range(7):
    client.CreateItem(items, {"id": f"i{number}", "city": "Oslo" if number % 2 else "Rome", "n": number})
said["read"] = client.ReadItem(f"{items}/docs/i3", {"partitionKey": "Oslo"})["n"]
said["feed"] = len(list(client.ReadItems(items, {"maxItemCount": 2})))


def ask(query, **options):
    return list(client.QueryItems(items, query, {"enableCrossPartitionQuery": True, **options}))


said["one partition"] = ask("SELECT VALUE c.n FROM c", partitionKey="Oslo")
said["ordered"] = ask("SELECT VALUE c.n FROM c ORDER BY c.n DESC", maxItemCount=3)
parameters = {"query": "SELECT VALUE c.id FROM c WHERE c.n >= @n", "parameters": [{"name": "@n", "value": 5}]}
said["parameters"] = sorted(ask(parameters))
item = client.ReadItem(f"{items}/docs/i0", {"partitionKey": "Rome"})
item["n"] = 100
said["upsert"] = client.UpsertItem(items, item)["n"]
condition = {"type": "IfMatch", "condition": item["_etag"]}
try:
    client.ReplaceItem(f"{items}/docs/i0", item, {"partitionKey": "Rome", "accessCondition": condition})
except errors.HTTPFailure as error:
    said["stale"] = error.status_code
said["changes"] = len(list(client.QueryItemsChangeFeed(items, {"isStartFromBeginning": True, "partitionKeyRangeId": "0"})))
client.DeleteItem(f"{items}/docs/i0", {"partitionKey": "Rome"})
said["left"] = len(list(client.ReadItems(items)))
client.DeleteDatabase("dbs/python")
print(json.dumps(said))
