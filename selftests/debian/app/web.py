# SPDX-License-Identifier: GPL-2.0-only
"""A web application: a page from a template, a database, a child process."""
import hashlib
import sqlite3
import subprocess
import sys

from flask import Flask, render_template_string

app = Flask(__name__)


@app.route("/page")
def page():
    return render_template_string("{{ text }}\n", text="it is <served>")


@app.route("/database")
def database():
    with sqlite3.connect(":memory:") as connection:
        total = connection.execute("select sum(value) from (values (1), (2), (3)) as t(value)")
        return f"{total.fetchone()[0]}\n"


@app.route("/child")
def child():
    command = [sys.executable, "-c", "print(6 * 7)"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return hashlib.sha256(said.encode()).hexdigest()[:8] + "\n"
