"""What a mailer or a relay may wait for: the words of its heartbeat that health rules go by."""

from enum import StrEnum


class WaitsFor(StrEnum):
    """In the order of importance: the first of them is what the process waits for most.

    A heartbeat row has them in `waiting_for`, separated by commas, and the reason of each in
    `reason`, one per line in the same order.
    """

    DATABASE = "database"
    SMTP_OPERATOR = "smtp_operator"  # the server refuses us: login, certificate, policy
    SMTP = "smtp"  # the server cannot be reached, or does not answer
    RABBITMQ = "rabbitmq"
    ALARM = "alarm"  # RabbitMQ is short of memory or disk and takes no messages
    LANE = "lane"  # the queue of one lane cannot be used
    TEMPLATE = "template"  # this mailer does not have a template
    INSTALLATION = "installation"  # another installation uses the same virtual host
    THREAD = "thread"  # a part of the process has ended or is stuck
