"""The web application that the page on monitoring shows answers where Prometheus asks."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.monitoring import metrics_text

from .pages import ROOT, blocks_of

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")


async def test_the_application_of_the_page_answers_at_metrics(tmp_path, monkeypatch):
    page = ROOT / "docs" / "how-to" / "monitoring.md"
    (block,) = [block for block in blocks_of(page, "py") if block.title == "app.py"]
    (tmp_path / "my-repo").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CODING_AGENT_MODEL", "offline:rules")
    namespace = {}
    exec(compile(block.code, str(page), "exec"), namespace)
    transport = httpx.ASGITransport(app=namespace["app"])
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == metrics_text(namespace["agent"])
    assert "agent_requests_total" in answer.text
