"""The page that the gateway serves, as promtool sees it."""

import subprocess

from gateway import HAPPY, OVERSIZE, Gateway


def check(page):
    tool = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
    return tool.returncode, tool.stdout + tool.stderr


def test_the_page_of_an_idle_gateway_passes_promtool():
    with Gateway() as gateway:
        assert check(gateway.page()) == (0, "")


def test_a_page_with_traffic_passes_promtool():
    with Gateway() as gateway:
        gateway.converse(*HAPPY)
        gateway.converse(HAPPY[0], OVERSIZE)
        page = gateway.page()
        assert 'oap_rejects_total{reason="frame_oversize"} 1\n' in page
        assert check(page) == (0, "")


def test_promtool_refuses_a_page_that_is_cut_off():
    with Gateway() as gateway:
        page = gateway.page()
    status, says = check(page[: page.index("} 0")])
    assert status != 0 and says
