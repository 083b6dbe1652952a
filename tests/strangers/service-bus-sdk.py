"""Microsoft's azure-servicebus of Debian (7.8, on uamqp) against Service Bus, by its connection string.

Requests to `$management` (peek, schedule, defer, renewal, session state) are left out: the uamqp of Debian 12 ends in a
segmentation fault of its own on any reply, after it called a status of 200 a failure.
"""

import json
import os

from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)
from azure.servicebus.management import (
    CorrelationRuleFilter,
    ServiceBusAdministrationClient,
    SqlRuleAction,
    SqlRuleFilter,
)

ca_file = os.environ["SERVICE_BUS_CA_FILE"]
facts = {}

# Administration takes the port of the connection string, and messages take none but 5671.
admin = ServiceBusAdministrationClient.from_connection_string(
    os.environ["SERVICE_BUS_CONNECTION_STRING_WITH_PORT"]
)
admin.create_queue("q", max_delivery_count=2, requires_duplicate_detection=True)
admin.create_queue("target")
admin.create_queue("forwarding", forward_to="target")
admin.create_queue("sessions", requires_session=True)
admin.create_topic("t")
admin.create_subscription("t", "s")
admin.delete_rule("t", "s", "$Default")
admin.create_rule(
    "t", "s", "large", filter=SqlRuleFilter("size > 3"), action=SqlRuleAction("SET seen = 'yes'")
)
admin.create_rule("t", "s", "red", filter=CorrelationRuleFilter(label="red"))
facts["queues"] = sorted(queue.name for queue in admin.list_queues())
facts["rules"] = sorted(rule.name for rule in admin.list_rules("t", "s"))
facts["rule"] = admin.get_rule("t", "s", "large").filter.sql_expression

client = ServiceBusClient.from_connection_string(
    os.environ["SERVICE_BUS_CONNECTION_STRING"], connection_verify=ca_file, retry_total=1
)


def bodies(receiver, count=10, wait=2):
    found = receiver.receive_messages(max_message_count=count, max_wait_time=wait)
    for message in found:
        receiver.complete_message(message)
    return [str(message) for message in found]


with client:
    with client.get_queue_sender("q") as sender:
        sender.send_messages([ServiceBusMessage(text, message_id=text) for text in ["a", "b", "c", "a"]])
        batch = sender.create_message_batch()
        batch.add_message(ServiceBusMessage("d", message_id="d"))
        sender.send_messages(batch)
    with client.get_queue_receiver("q") as receiver:
        one = {}
        while len(one) < 4:
            for message in receiver.receive_messages(max_message_count=4, max_wait_time=5):
                one[str(message)] = message
        receiver.complete_message(one["a"])
        receiver.dead_letter_message(one["b"], reason="tired", error_description="of waiting")
        receiver.complete_message(one["c"])
        receiver.abandon_message(one["d"])
        [again] = receiver.receive_messages(max_message_count=1, max_wait_time=5)
        facts["again"] = [str(again), again.delivery_count]
        receiver.complete_message(again)
    with client.get_queue_receiver(
        "q", sub_queue=ServiceBusSubQueue.DEAD_LETTER, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
    ) as receiver:
        [dead] = receiver.receive_messages(max_message_count=1, max_wait_time=5)
        facts["dead letter"] = [str(dead), dead.dead_letter_reason]
    with client.get_queue_sender("forwarding") as sender:
        sender.send_messages(ServiceBusMessage("on"))
    with client.get_queue_receiver("target") as receiver:
        facts["forwarded"] = bodies(receiver, 1)
    with client.get_queue_sender("sessions") as sender:
        sender.send_messages([ServiceBusMessage(str(n), session_id="one") for n in range(3)])
    with client.get_queue_receiver("sessions", session_id=NEXT_AVAILABLE_SESSION) as receiver:
        facts["in order"] = bodies(receiver, 1) + bodies(receiver, 1) + bodies(receiver, 1)
    with client.get_topic_sender("t") as sender:
        sender.send_messages(
            [
                ServiceBusMessage("big", application_properties={"size": 5}),
                ServiceBusMessage("red", subject="red"),
                ServiceBusMessage("none", application_properties={"size": 1}),
            ]
        )
    with client.get_subscription_receiver("t", "s") as receiver:
        facts["filtered"] = bodies(receiver, 1) + bodies(receiver, 1) + bodies(receiver, 1, 1)

counts = admin.get_queue_runtime_properties("q")
facts["left"] = [counts.active_message_count, counts.dead_letter_message_count, counts.scheduled_message_count]
admin.delete_queue("q")
facts["gone"] = "q" not in [queue.name for queue in admin.list_queues()]
print(json.dumps(facts))
