"""The broadcast as it is written first: `send.py PEOPLE.CSV LOG`, with the API's address in SENDWO_BASE_URL and its
token in SENDWO_API_TOKEN. Run again, it passes over those who stand in the log."""

import csv
import os
import pathlib
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import requests

IN_FLIGHT = 64

people, log_path = map(pathlib.Path, sys.argv[1:])
url = os.environ["SENDWO_BASE_URL"] + "/whatsapp/send-text-message"
token = os.environ["SENDWO_API_TOKEN"]
done = set(log_path.read_text().split()) if log_path.exists() else set()
log = log_path.open("a")
writing = threading.Lock()
mine = threading.local()


def send(person):
    if not hasattr(mine, "session"):
        mine.session = requests.Session()
    to = person["Phone"].lstrip("+")
    message = f"Hi {person['First Name']}, your order {person['Order']} from {person['City']} is on its way."
    form = {"apiToken": token, "phoneNumberId": "PHONE_NUMBER_ID", "to": to, "message": message}
    mine.session.post(url, data=form, timeout=30).raise_for_status()
    with writing:
        print(person["Phone"], file=log, flush=True)


with people.open(newline="") as table, ThreadPoolExecutor(IN_FLIGHT) as pool:
    for _ in pool.map(send, (person for person in csv.DictReader(table) if person["Phone"] not in done)):
        pass
