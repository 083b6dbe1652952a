"""A listener and a sender on Python's websockets; prints one JSON object.

Usage: relay.py HOST PATH CA_FILE, with shared access signatures in LISTEN_TOKEN and SEND_TOKEN.
"""
import asyncio
import json
import os
import ssl
import sys
from urllib.parse import quote

import websockets

host, path, bundle = sys.argv[1:4]
trust = ssl.create_default_context(cafile=bundle)
port = int(host.split(":")[1])


def dial(url, **more):
    # The name is for TLS and the Host header; not every resolver knows names below localhost.
    return websockets.connect(url, ssl=trust, host="127.0.0.1", port=port, **more)


def address(action, token=None):
    url = f"wss://{host}/$hc/{path}?sb-hc-action={action}"
    return url if token is None else f"{url}&sb-hc-token={quote(token, safe='')}"


async def status(url):
    try:
        async with dial(url):
            return 101
    except websockets.exceptions.InvalidStatusCode as error:
        return error.status_code


async def main():
    found = {"anonymous": await status(address("connect"))}
    found["nobody"] = await status(address("connect", os.environ["SEND_TOKEN"]))
    found["wrong right"] = await status(address("listen", os.environ["SEND_TOKEN"]))
    async with dial(address("listen", os.environ["LISTEN_TOKEN"])) as control:
        calling = asyncio.create_task(rejected())
        refused = json.loads(await control.recv())["accept"]["address"]
        found["rejected"] = await status(refused + "&sb-hc-statusCode=451&sb-hc-statusDescription=no")
        found["told"] = await calling

        headers = {"ServiceBusAuthorization": os.environ["SEND_TOKEN"]}
        sending = asyncio.create_task(talk(headers))
        accept = json.loads(await control.recv())["accept"]
        found["host"] = accept["connectHeaders"]["Host"]
        async with dial(accept["address"]) as session:
            found["heard"] = await session.recv()
            await session.send(b"down")
            await session.close(1000)
        found.update(await sending)
    print(json.dumps(found))


async def rejected():
    return await status(address("connect", os.environ["SEND_TOKEN"]))


async def talk(headers):
    async with dial(address("connect"), extra_headers=headers) as sender:
        await sender.send("up")
        answer = await sender.recv()
        await sender.wait_closed()
        return {"answer": answer.decode(), "closed": sender.close_code}


asyncio.run(main())
