"""Drives a resource manager with Microsoft's own Python clients; prints one JSON object.

Usage: resource_manager.py ORIGIN SUBSCRIPTION GROUP ZONE, with the token in ARM_TOKEN.
"""
import json
import os
import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.relay import RelayAPI
from azure.mgmt.resource import ManagementLockClient, ResourceManagementClient

origin, subscription, group, zone = sys.argv[1:5]


class Credential:
    def get_token(self, *scopes, **_):
        return AccessToken(os.environ["ARM_TOKEN"], int(time.time()) + 3600)


def client(kind, **more):
    return kind(
        Credential(),
        subscription,
        base_url=origin,
        credential_scopes=["https://management.azure.com/.default"],
        polling_interval=0,
        **more,
    )


def refusal(work):
    try:
        work()
    except HttpResponseError as error:
        return [error.status_code, error.error.code if error.error else None]
    return None


found = {}
resources = client(ResourceManagementClient)
found["groups"] = [one.name for one in resources.resource_groups.list()]
found["registered"] = resources.providers.register("Microsoft.HybridConnectivity").registration_state

dns = client(DnsManagementClient)
text = {"ttl": 60, "txt_records": [{"value": ["from python"]}]}
made = dns.record_sets.create_or_update(group, zone, "python", "TXT", text, if_none_match="*")
found["text"] = made.txt_records[0].value
found["twice"] = refusal(
    lambda: dns.record_sets.create_or_update(group, zone, "python", "TXT", text, if_none_match="*")
)[0]

network = client(NetworkManagementClient)
location = {"location": "westeurope"}
network.network_security_groups.begin_create_or_update(group, "python", location).result()
rule = {
    "protocol": "Tcp",
    "access": "Allow",
    "direction": "Inbound",
    "priority": 100,
    "source_port_range": "*",
    "destination_port_range": "6516",
    "source_address_prefix": "*",
    "destination_address_prefix": "*",
}
network.security_rules.begin_create_or_update(group, "python", "PortForWAC", rule).result()
shown = network.network_security_groups.get(group, "python")
found["rules"] = [[one.name, one.destination_port_range] for one in shown.security_rules]
address = {**location, "public_ip_allocation_method": "Static"}
found["address"] = network.public_ip_addresses.begin_create_or_update(group, "python", address).result().ip_address

compute = client(ComputeManagementClient)
machine = compute.virtual_machines.begin_create_or_update(group, "python", location).result()
found["machine"] = machine.provisioning_state
extension = {**location, "publisher": "Microsoft.AdminCenter", "type_properties_type": "AdminCenter"}
found["extension"] = (
    compute.virtual_machine_extensions.begin_create_or_update(group, "python", "AdminCenter", extension)
    .result()
    .provisioning_state
)
compute.virtual_machines.begin_deallocate(group, "python").result()
view = compute.virtual_machines.instance_view(group, "python")
found["power"] = [one.code for one in view.statuses if one.code.startswith("PowerState")]

locks = client(ManagementLockClient)
locks.management_locks.create_or_update_at_resource_group_level(group, "python", {"level": "CanNotDelete"})
found["locked"] = refusal(lambda: network.public_ip_addresses.begin_delete(group, "python").result())
locks.management_locks.delete_at_resource_group_level(group, "python")
network.public_ip_addresses.begin_delete(group, "python").result()
try:
    network.public_ip_addresses.get(group, "python")
except ResourceNotFoundError:
    found["deleted"] = True

roles = client(AuthorizationManagementClient)
scope = f"/subscriptions/{subscription}"
found["reader"] = [
    one.name for one in roles.role_definitions.list(scope, filter="roleName eq 'Reader'")
]

relay = client(RelayAPI)
relay.hybrid_connections.create_or_update(group, "local", "python", {})
found["relay"] = relay.hybrid_connections.get(group, "local", "python").name
print(json.dumps(found))
