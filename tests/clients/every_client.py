"""All clients of the tests, by name."""

from c_client import CClient
from confluent_client import ConfluentClient
from kcat_client import KcatClient
from python_kafka_client import PythonKafkaClient

CLIENTS = {kind.name: kind for kind in (KcatClient, CClient, PythonKafkaClient, ConfluentClient)}
