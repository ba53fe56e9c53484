"""What an operator and CloudWatch do at Amazon, by boto3; run by the Python of moto's environment, not by ours.

A list of steps as JSON on stdin: ["subscribe", topic, url] or ["publish", topic, message, subject or null].
"""

import json
import sys

import boto3  # type: ignore[import-not-found]


def main() -> None:
    sns = boto3.client("sns")
    for step, name, *more in json.load(sys.stdin):
        topic = sns.create_topic(Name=name)["TopicArn"]
        if step == "subscribe":
            sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=more[0])
        elif step == "publish":
            subject = {"Subject": more[1]} if more[1] else {}
            sns.publish(TopicArn=topic, Message=more[0], **subject)


if __name__ == "__main__":
    main()
