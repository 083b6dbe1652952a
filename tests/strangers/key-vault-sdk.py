"""Microsoft's Python clients (Debian: python3-azure) against a vault and a tenant that listen on loopback."""

import os
import socket
import sys

# Debian's resolver does not know names below localhost; browsers and curl do.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **named: resolve(
    "127.0.0.1" if isinstance(host, str) and host.endswith(".localhost") else host, *rest, **named
)

from azure.identity import ClientSecretCredential, DeviceCodeCredential, ManagedIdentityCredential
from azure.keyvault.certificates import CertificateClient, CertificatePolicy
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm, SignatureAlgorithm
from azure.keyvault.secrets import SecretClient
import base64
import hashlib
import requests

vault, authority, tenant, client, secret, public_client = sys.argv[1:]

# Sections of learn.microsoft.com/azure/key-vault/{secrets,keys,certificates}/quick-create-python.
machine = ManagedIdentityCredential()
# This client compares the resource with host and port; its documented switch is for addresses with a port.
here = {"verify_challenge_resource": False}
secrets = SecretClient(vault, machine, **here)
secrets.set_secret("greeting", "hello", tags={"from": "python"})
assert secrets.get_secret("greeting").value == "hello"
assert "greeting" in [one.name for one in secrets.list_properties_of_secrets()]
secrets.begin_delete_secret("greeting").wait()
secrets.begin_recover_deleted_secret("greeting").wait()
print("secrets: set, get, list, delete, recover")

keys = KeyClient(vault, machine, **here)
key = keys.create_ec_key("signing", curve="P-256")
crypto = CryptographyClient(key, machine, **here)
digest = hashlib.sha256(b"text").digest()
signature = crypto.sign(SignatureAlgorithm.es256, digest).signature
assert crypto.verify(SignatureAlgorithm.es256, digest, signature).is_valid
rsa = CryptographyClient(keys.create_rsa_key("wrapping", size=2048), machine, **here)
wrapped = rsa.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, b"0" * 32)
assert rsa.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key == b"0" * 32
assert keys.rotate_key("signing").properties.version != key.properties.version
print("keys: create, sign, verify, wrap, unwrap, rotate")

certificates = CertificateClient(vault, machine, **here)
made = certificates.begin_create_certificate("own", CertificatePolicy.get_default()).result()
pfx = base64.b64decode(secrets.get_secret("own").value)
again = certificates.import_certificate("again", pfx)
assert again.cer == made.cer
print("certificates: create, read as PFX, import")

other = ClientSecretCredential(
    tenant, client, secret, authority=authority, instance_discovery=False
)
assert SecretClient(vault, other, **here).get_secret("greeting").value == "hello"
print("identity: machine, client secret")


def enter(uri, code, _expires):
    requests.post(uri, data={"code": code, "account": os.environ["ACCOUNT"]}).raise_for_status()


person = DeviceCodeCredential(
    public_client,
    tenant_id=tenant,
    authority=authority,
    instance_discovery=False,
    prompt_callback=enter,
)
token = person.get_token("https://graph.microsoft.com/User.Read").token
me = requests.get(
    authority.replace("login.", "graph.") + "/v1.0/me", headers={"Authorization": f"Bearer {token}"}
).json()
assert me["userPrincipalName"] == os.environ["ACCOUNT"]
print("identity: device code, Graph")
