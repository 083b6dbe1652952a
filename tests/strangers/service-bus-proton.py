"""Qpid Proton against Service Bus: AMQP 1.0 by a client that knows nothing of Azure."""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.parse

from proton import Message, SSLDomain, symbol
from proton.utils import BlockingConnection

port = os.environ["SERVICE_BUS_PORT"]
key_name, key = os.environ["SERVICE_BUS_KEY_NAME"], os.environ["SERVICE_BUS_KEY"]


def signature(resource):
    encoded, expiry = urllib.parse.quote_plus(resource), int(time.time()) + 600
    digest = hmac.new(key.encode(), f"{encoded}\n{expiry}".encode(), hashlib.sha256).digest()
    sig = urllib.parse.quote_plus(base64.b64encode(digest))
    return f"SharedAccessSignature sr={encoded}&sig={sig}&se={expiry}&skn={key_name}"


domain = SSLDomain(SSLDomain.MODE_CLIENT)
domain.set_trusted_ca_db(os.environ["SERVICE_BUS_CA_FILE"])
domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME)
connection = BlockingConnection(
    f"amqps://localhost:{port}", ssl_domain=domain, allowed_mechs="ANONYMOUS", timeout=10
)
facts = {}

# One link name for each direction: rhea serves no two links of the same name in one session.
replies = connection.create_receiver("$cbs", name="token-replies", credit=1)
requests = connection.create_sender("$cbs", name="token-requests")


def put_token(resource, token):
    requests.send(
        Message(
            id="1",
            reply_to="token-replies",
            properties={
                "operation": "put-token",
                "type": "servicebus.windows.net:sastoken",
                "name": resource,
            },
            body=token,
        )
    )
    # The reply comes settled.
    return replies.receive(timeout=5).properties["status-code"]


resource = "amqps://localhost/plain"
facts["wrong token"] = put_token(resource, signature(resource)[:-3] + "xyz")
facts["token"] = put_token(resource, signature(resource))

sender = connection.create_sender("plain", name="out")
for body in ["first", "second", "third", "fourth"]:
    sender.send(Message(id=body, body=body, subject="stranger", properties={"length": len(body)}))

receiver = connection.create_receiver("plain", name="in", credit=1)
first = receiver.receive(timeout=5)
facts["first"] = [first.body, first.subject, first.properties["length"], first.annotations[symbol("x-opt-sequence-number")]]
receiver.accept()
counts = {}
while counts.get("fourth") is None or counts.get("second") != [0, 1]:
    message = receiver.receive(timeout=5)
    counts.setdefault(message.body, []).append(message.delivery_count)
    if counts[message.body] == [0] and message.body == "second":
        receiver.release()
    elif message.body == "third":
        receiver.reject()
    else:
        receiver.accept()
facts["delivery counts"] = counts
receiver.close()

dead = connection.create_receiver("plain/$deadletterqueue", name="dead", credit=1)
facts["dead letter"] = dead.receive(timeout=5).body
dead.accept()
dead.close()

try:
    connection.create_sender("nowhere", name="lost")
except Exception as error:  # pylint: disable=broad-except
    facts["nowhere"] = "unauthorized" in str(error).lower()
connection.close()
print(json.dumps(facts))
