# SPDX-License-Identifier: PostgreSQL
"""A headless Chromium and one page of it, by the DevTools protocol through two pipes.

Messages are JSON with a zero byte behind each; answers carry the number of what they answer,
everything else is an event and kept. Nothing but the standard library is needed.
"""
import base64
import json
import os
import select
import shutil
import subprocess
import time

PATIENCE = 120  # seconds: for a machine of two cores with four tests on it

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",  # root has none, and what is looked at is our own
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-default-browser-check",
    "--force-color-profile=srgb",
    "--lang=en-US",
]


class Failure(Exception):
    pass


def expect(is_true, sentence):
    if not is_true:
        raise Failure(sentence)


def awaited(sentence, condition):
    """What condition() gives once that is true."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < end, f"not within {PATIENCE} s: {sentence}")
        time.sleep(0.1)


class Browser:
    def __init__(self, folder):
        program = shutil.which("chromium")
        expect(program is not None, "chromium is not installed (apt-get install chromium)")
        self.log = os.path.join(folder, "chromium.log")
        self.number = 0
        self.session = None
        self.buffer = b""
        self.answers = {}
        self.events = []
        self.start([program, f"--user-data-dir={folder}/profile", *ARGUMENTS, "about:blank"], folder)
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"],
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def start(self, command, folder):
        ours_in, self.to = os.pipe()
        self.come, ours_out = os.pipe()

        def arrange():  # the browser reads descriptor 3 and writes descriptor 4
            high = os.dup2(ours_in, 63), os.dup2(ours_out, 64)
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, close_fds=False, preexec_fn=arrange, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "HOME": folder, "TZ": "UTC"})
        os.close(ours_in)
        os.close(ours_out)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def hear(self, seconds):
        """Takes in what comes within so many seconds; false: nothing did."""
        if not select.select([self.come], [], [], seconds)[0]:
            return False
        some = os.read(self.come, 1 << 20)
        expect(some != b"", f"Chromium has ended:\n{open(self.log, errors='replace').read()[-2000:]}")
        *messages, self.buffer = (self.buffer + some).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append(message)
        return True

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while self.number not in self.answers:
            expect(self.hear(1) or time.monotonic() < end, f"no answer to {method}")
        answer = self.answers.pop(self.number)
        expect("error" not in answer, f"{method}: {answer.get('error')}")
        return answer["result"]

    def js(self, expression):
        """The value of an expression in the page, awaited if it is a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                           returnByValue=True)
        details = answer.get("exceptionDetails")
        expect(details is None, f"{expression}: {details}")
        return answer["result"].get("value")

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        awaited(f"{url} is loaded", lambda: self.of("Page.loadEventFired") or self.hear(0.1) and False)

    def until(self, expression):
        return awaited(expression, lambda: self.js(expression))

    def press(self, key):
        text = "\r" if key == "Enter" else ""
        code = {"Enter": 13, "Escape": 27, "Tab": 9}[key]
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text,
                      windowsVirtualKeyCode=code)

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def scheme(self, name):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": name}])

    def shot(self, path, whole=True):
        """Of the whole page, or of what is in sight. Two frames later: it is drawn by then."""
        self.js("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        area = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            area = {"captureBeyondViewport": True, "clip": {
                "x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 6000), "scale": 1}}
        picture = self.call("Page.captureScreenshot", **area)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def of(self, method):
        return [event["params"] for event in self.events if event["method"] == method]

    def complaints(self):
        """What the console has in red."""
        found = [details["exceptionDetails"] for details in self.of("Runtime.exceptionThrown")]
        found += [one["entry"] for one in self.of("Log.entryAdded")
                  if one["entry"]["level"] in ("error", "warning")]
        found += [one["args"] for one in self.of("Runtime.consoleAPICalled")
                  if one["type"] in ("error", "warning", "assert")]
        return found

    def requests(self):
        return [one["request"]["url"] for one in self.of("Network.requestWillBeSent")]
