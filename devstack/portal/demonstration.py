"""The demonstration's people at work, once: real runs, a published and a kept one, a request to join, profiles, news.

Everything goes through the portal's own pages, as these people. It begins when all servers are ready and needs some minutes; the pages
show the runs as they are meanwhile. What was done is noted, so that a restart goes on with what is left.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
import tomllib
import uuid
from pathlib import Path
from typing import Any

from devstack import address, folders, health, supervision
from devstack.portal.browsing import Browser, BrowsingError

STORY = address.ROOT / "demo" / "story.toml"
PATIENCE_SECONDS = 1200  # for all of it; after that the next start goes on
PAUSE_SECONDS = 3
MAX_ATTEMPTS = 3  # launches of one run, where it fails because servers have only just started
ENDED = ("finished", "failed", "stopped", "deleted")


def is_wanted() -> bool:
    """Not in the stacks of tests, which expect projects without runs, unless VRE_DEMONSTRATION says so."""
    return bool(os.environ.get("VRE_DEMONSTRATION")) or not os.environ.get("VRE_TEST_STACK")


def begin() -> None:
    """Start it beside the caller, which does not wait for it and is not its parent."""
    log = supervision.log_file("demonstration")
    log.parent.mkdir(exist_ok=True, mode=folders.PRIVATE)
    with log.open("ab") as output:
        command = ["/bin/sh", "-c", '"$0" -m devstack.portal.demonstration &', sys.executable]
        subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=address.ROOT, check=False)


class Story:
    """The steps of the story, and which of them are done."""

    def __init__(self, content: dict[str, Any], notes: Path) -> None:
        self.runs: list[dict[str, Any]] = content.get("run", [])
        self.requests: list[dict[str, Any]] = content.get("request", [])
        self.profiles: list[dict[str, Any]] = content.get("profile", [])
        self.items: list[dict[str, Any]] = content.get("news", [])
        self.notebooks: list[dict[str, Any]] = content.get("notebook", [])
        self._notes = notes
        self.done: dict[str, Any] = json.loads(notes.read_text()) if notes.exists() else {}
        self._browsers: dict[str, Browser] = {}

    def note(self, step: str, result: Any = True) -> None:
        """This step is done and is not repeated."""
        self.done[step] = result
        folders.write_private(self._notes, json.dumps(self.done))
        print(f"{step}: {result}", flush=True)

    def browser(self, name: str) -> Browser:
        """The person's browser, signed in."""
        if name not in self._browsers:
            browser = Browser()
            browser.sign_in(name)
            self._browsers[name] = browser
        return self._browsers[name]

    def steps(self) -> list[tuple[str, dict[str, Any]]]:
        """What is left, in the order in which it is tried: all launches first, as they take longest."""
        launches = [(f"launch {run['key']}", run) for run in self.runs]
        follow = [(f"finish {run['key']}", run) for run in self.runs]
        publish = [(f"publish {run['key']}", run) for run in self.runs if run.get("publish")]
        keep = [(f"keep {run['key']}", run) for run in self.runs if run.get("keep")]
        requests = [(f"request {item['key']}", item) for item in self.requests]
        profiles = [(f"profile {item['by']}", item) for item in self.profiles]
        news = [(f"news {item['key']}", item) for item in self.items]
        notebooks = [(f"notebook {item['page']}", item) for item in self.notebooks]
        steps = [*launches, *notebooks, *requests, *profiles, *follow, *publish, *keep, *news]
        return [(step, item) for step, item in steps if step not in self.done]

    def attempt(self, step: str, item: dict[str, Any]) -> None:
        """One step, if its time has come. Raises BrowsingError where a page is not as expected."""
        getattr(self, step.split(" ", 1)[0])(step, item)

    def launch(self, step: str, item: dict[str, Any]) -> None:
        """Fill in the launch form; the same key gives the same run, however often it is sent."""
        attempt = self.done.get(f"attempts {item['key']}", 0)
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"{address.PORTAL_URL}/{item['key']}/{attempt}")
        path = f"/projects/{item['project']}/workflows/new/?specification={item['workflow']}"
        browser = self.browser(item["by"])
        values = {f"p-{name}": str(value) for name, value in item["parameters"].items()}
        page = browser.send(browser.get(path).form("key"), query="&format=json", key=str(key), **values)
        if page.status != 202:
            raise BrowsingError(f"{path} answered {page.status}")
        self.note(step, page.json["number"])

    def notebook(self, step: str, item: dict[str, Any]) -> None:
        """Press "Compute" on a notebook page."""
        browser = self.browser(item["by"])
        page = browser.get(f"/projects/{item['project']}/notebook-pages/{item['page']}/")
        if "/compute/" in page.text:
            browser.send(page.form("/compute/"))
        self.note(step)

    def finish(self, step: str, item: dict[str, Any]) -> None:
        """See whether the run has ended and its outputs are here; one that failed is launched again."""
        number = self.done.get(f"launch {item['key']}")
        if number is None:
            return
        run = self.browser(item["by"]).get(f"{self._run(item)}?format=json").json
        attempts = self.done.get(f"attempts {item['key']}", 0) + 1
        if run["status"] == "finished" and run["files"] and all(file["state"] != "waiting" for file in run["files"]):
            self.note(step, f"run {number} {run['status']}")
        elif run["status"] in ENDED[1:] and attempts < MAX_ATTEMPTS:
            self.note(f"attempts {item['key']}", attempts)
            del self.done[f"launch {item['key']}"]
        elif run["status"] in ENDED[1:]:
            self.note(step, f"run {number} {run['status']}: {run['error']}")

    def publish(self, step: str, item: dict[str, Any]) -> None:
        """Press "Publish run"."""
        if f"finish {item['key']}" not in self.done:
            return
        browser = self.browser(item["by"])
        browser.send(browser.get(self._run(item)).form("/publish/"))
        if not browser.get(f"{self._run(item)}?format=json").json["published_at"]:
            raise BrowsingError(f"{self._run(item)} is not published")
        self.note(step)

    def keep(self, step: str, item: dict[str, Any]) -> None:
        """Fill in the form that keeps a result, and see until it has its second copy."""
        if f"finish {item['key']}" not in self.done:
            return
        browser = self.browser(item["by"])
        if f"kept {item['key']}" not in self.done:
            key = uuid.uuid5(uuid.NAMESPACE_URL, f"{address.PORTAL_URL}/keep/{item['key']}")
            form = browser.get(f"{self._run(item)}keep/").form("dataset")
            page = browser.send(form, key=str(key), dataset=item["keep"], public="on")
            if page.status != 200:
                raise BrowsingError(f"{self._run(item)}keep/ answered {page.status}")
            self.note(f"kept {item['key']}")
        page = browser.get(f"{self._run(item)}kept/")
        if 'data-state="ok"' in page.text or 'data-state="failed"' in page.text:
            self.note(step, 'data-state="ok"' in page.text)

    def request(self, step: str, item: dict[str, Any]) -> None:
        """Ask to join a project; noted as missing where the portal has no page for that."""
        browser, path = self.browser(item["by"]), f"/projects/{item['project']}/join/"
        page = browser.get(path)
        if page.status == 404:
            self.note(step, "this portal has no requests to join")
            return
        page = browser.send(page.form("text"), text=item["text"], role=item["role"])
        if page.status != 200:
            raise BrowsingError(f"{path} answered {page.status}")
        self.note(step)

    def profile(self, step: str, item: dict[str, Any]) -> None:
        """Fill in the person's own profile; one that shows something already is left as it is."""
        browser, path = self.browser(item["by"]), "/me/profile/"
        page = browser.get(path)
        if page.status == 404:
            self.note(step, "this portal has no profiles")
            return
        form = page.form("version")
        if dict(form.fields).get("audience", "nobody") == "nobody":
            lines = {name: "\n".join(item.get(name, ())) for name in ("expertise", "languages")}
            texts = {name: item.get(name, "") for name in ("audience", "institute", "offers", "asks")}
            page = browser.send(form, **texts, **lines)
            if page.status != 200:
                raise BrowsingError(f"{path} answered {page.status}")
        self.note(step)

    def news(self, step: str, item: dict[str, Any]) -> None:
        """Publish news of what was done before; the same key gives the same item, however often it is sent."""
        if (after := item.get("after")) and self.done.get(after) is not True:
            if after in self.done:
                self.note(step, f"not written: {after} did not succeed")
            return
        browser, path = self.browser(item["by"]), f"/projects/{item['project']}/news/new/" if item.get("project") else "/news/new/"
        key = uuid.uuid5(uuid.NAMESPACE_URL, f"{address.PORTAL_URL}/news/{item['key']}")
        values = {"key": str(key), "title": item["title"], "text": item["text"].strip(), "do": "publish"}
        page = browser.send(browser.get(path).form("key"), **values)
        if page.status != 200:
            raise BrowsingError(f"{path} answered {page.status}")
        self.note(step)

    def _run(self, item: dict[str, Any]) -> str:
        return f"/projects/{item['project']}/workflows/{self.done[f'launch {item["key"]}']}/"

    def end(self) -> None:
        """Sign everybody out."""
        for browser in self._browsers.values():
            browser.sign_out()


def tell(story: Story) -> None:
    """Go on until all steps are done, or the time is up; a step that fails is tried again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := story.steps()) and time.monotonic() < deadline:
        for step, item in left:
            try:
                story.attempt(step, item)
            except (BrowsingError, ValueError, KeyError) as error:
                print(f"{step}: {error}", flush=True)
        time.sleep(PAUSE_SECONDS)
    story.end()


def main() -> int:
    """Once at a time, when everything runs; ends without a word where all is done."""
    folder = address.state_dir("portal")
    with (folder / "demonstration.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return 0
        story = Story(tomllib.loads(STORY.read_text()), folder / "demonstration.json")
        if not story.steps():
            return 0
        deadline = time.monotonic() + PATIENCE_SECONDS
        while health.waiting(supervision.procfile()) and time.monotonic() < deadline:
            time.sleep(1)
        tell(story)
    return 0


if __name__ == "__main__":
    sys.exit(main())
