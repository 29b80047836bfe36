"""A Jupyter server to test against, and a notebook that is open in a page."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

SOURCES = sorted((Path(__file__).resolve().parents[2] / "notebooks" / "source").glob("*.md"))
EXPLORERS = [
    "explorers.nudge()",
    "explorers.look_inside()",
    "explorers.contract_step_by_step()",
    "explorers.what_it_weighs()",
    "explorers.kink()",
    'explorers.find_the_bug("relu_mask")',
]
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # All cells in the page, so that they can be looked at without scrolling.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
TOKEN = "loopback"
START = 180  # seconds to wait for a server, or a kernel, on a busy machine
RUN = 180  # seconds to wait for a notebook to run


class Server:
    """A Jupyter server of our own: its folder of notebooks, its settings, its record."""

    def __init__(self, notebooks: Path, own: Path):
        self.notebooks, self.own = notebooks, own
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def __enter__(self):
        self.dark(False)
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "ServerApp.root_dir": self.notebooks,
            "IdentityProvider.token": TOKEN,
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "MappingKernelManager.shutdown_wait_time": 1,
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        self.log = open(self.own / "server.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments],
            env=self._environment(),
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self._wait()
        return self

    def __exit__(self, *_):
        # Asked politely, it takes its kernels along.
        try:
            request = urllib.request.Request(self._url("/api/shutdown"), method="POST", data=b"{}")
            urllib.request.urlopen(request, timeout=20)
            self.process.wait(timeout=30)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.log.close()

    def _environment(self) -> dict[str, str]:
        folders = {
            "COURSE_UTILS_DATA": "record",
            "IPYTHONDIR": "ipython",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }
        return {**os.environ, **{name: str(self.own / folder) for name, folder in folders.items()}}

    def _wait(self) -> None:
        end = time.monotonic() + START
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return self.ask("/api/status")
            except OSError:
                time.sleep(0.1)
        self.process.kill()
        raise RuntimeError(
            f"JupyterLab did not start:\n{(self.own / 'server.log').read_text()[-2000:]}"
        )

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}?token={TOKEN}"

    def ask(self, path: str):
        with urllib.request.urlopen(self._url(path), timeout=60) as answer:
            return json.load(answer)

    def dark(self, yes: bool) -> None:
        """The theme of pages opened from now on."""
        theme = {"theme": "JupyterLab Dark" if yes else "JupyterLab Light"}
        for name, content in {**SETTINGS, "@jupyterlab/apputils-extension/themes": theme}.items():
            place = self.own / "settings" / f"{name}.jupyterlab-settings"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(content), encoding="utf-8")

    def open(self, page, name: str, classic: bool = False) -> Notebook:
        """Open a notebook, in JupyterLab or in Notebook 7, and wait until its kernel is ready."""
        page.goto(
            self._url(f"/{'notebooks' if classic else 'lab/tree'}/{name}.ipynb")
            + ("" if classic else "&reset")
        )
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        end = time.monotonic() + START
        while time.monotonic() < end:
            if self._ready(f"{name}.ipynb"):
                return Notebook(page)
            page.wait_for_timeout(200)
        raise RuntimeError(f"the kernel of {name} was not ready within {START} s")

    def _ready(self, path: str) -> bool:
        """Before that, Run All opens a dialog that asks for a kernel."""
        kernels = [each["kernel"] for each in self.ask("/api/sessions") if each["path"] == path]
        return any(each["execution_state"] == "idle" and each["connections"] for each in kernels)

    def stop_kernels(self) -> None:
        for session in self.ask("/api/sessions"):
            request = urllib.request.Request(
                self._url(f"/api/sessions/{session['id']}"), method="DELETE"
            )
            urllib.request.urlopen(request, timeout=20)


class Notebook:
    """What a person does with a notebook that is open in a page."""

    def __init__(self, page):
        self.page = page

    def run_all(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()
        self.wait()

    def wait(self) -> None:
        """Until every code cell has its number, or one has raised and the rest was given up."""
        self.page.wait_for_function(
            """() => {
                const cells = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')]
                    .filter(cell => cell.querySelector('.cm-content').innerText.trim());
                const raised = document.querySelector('[data-mime-type="application/vnd.jupyter.error"]');
                return raised || cells.every(cell => /\\d/.test(cell.querySelector('.jp-InputPrompt').innerText));
            }""",
            timeout=RUN * 1000,
        )

    def cell(self, text: str):
        """The first code cell that holds this text."""
        source = self.page.locator(".jp-InputArea-editor", has_text=text)
        return self.page.locator(".jp-Notebook .jp-CodeCell", has=source).first

    def rewrite(self, cell, text: str) -> None:
        """Click into a cell, and type over what is there."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)

    def run(self, cell) -> str:
        """Run one cell, and what it then shows."""
        before = cell.locator(".jp-InputPrompt").inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            """([cell, before]) => {
                const now = cell.querySelector('.jp-InputPrompt').innerText;
                return now !== before && /\\d/.test(now);
            }""",
            arg=[cell.element_handle(), before],
        )
        return self.shown(cell)

    def shown(self, cell) -> str:
        return "\n".join(cell.locator(".jp-OutputArea-output").all_inner_texts())

    def errors(self) -> list[str]:
        return self.page.locator(
            '[data-mime-type="application/vnd.jupyter.error"]'
        ).all_inner_texts()

    def verdicts(self) -> dict[str, str]:
        """The name that each check cell checks -> the first line of its verdict."""
        found = {}
        for cell in self.page.locator(".jp-Notebook .jp-CodeCell").all():
            match = re.fullmatch(
                r"check\((\w+)\)", cell.locator(".cm-content").inner_text().strip()
            )
            if match:
                found[match[1]] = cell.locator(".cg-verdict p").first.inner_text()
        return found
