"""Tier meter, access explorer and storage map: what they say is what the registry does."""

from collections.abc import Iterator

import pytest
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from acrlab import Image, ui
from acrlab.client.cloud import Cloud, EmulatorOnly, connect
from acrlab.client.control import ControlRefused
from acrlab.client.registry import Registry
from acrlab.domain import billing
from acrlab.domain.billing import GIB
from acrlab.domain.tiers import CLASSIC, profile
from acrlab.emulator import Emulator
from acrlab.ui.access_explorer import AccessExplorer, placed
from acrlab.ui.holdings import Freed, Held, Holding, Piece
from acrlab.ui.panel import Look
from acrlab.ui.storage_map import StorageMap, freed
from acrlab.ui.tier_meter import TierMeter
from tests.client.conftest import cloud, emulator, registry
from tests.ui.reader import Reader, tree

__all__ = ["cloud", "emulator", "registry"]

HOOK = {"location": "westeurope", "properties": {"serviceUri": "https://shop.example.com/", "actions": ["push"]}}


def meter(look: Look) -> TierMeter:
    assert isinstance(look.face, TierMeter)
    return look.face


def storage(look: Look) -> StorageMap:
    assert isinstance(look.face, StorageMap)
    return look.face


def explorer(look: Look) -> AccessExplorer:
    assert isinstance(look.face, AccessExplorer)
    return look.face


def hooked(cloud: Cloud, registry: Registry, count: int) -> None:
    for number in range(count):
        cloud.arm.webhooks.begin_create(cloud.group, registry.name, f"hook{number}", HOOK).result()


# The tier meter


def gauges(face: TierMeter) -> dict[str, tuple[float | None, str]]:
    return {each.title: (each.used, each.allowed(face.reading.tier)) for each in face.reading.gauges}


def test_meters_show_what_is_used_of_what_is_allowed(cloud: Cloud, registry: Registry) -> None:
    registry.push("app:1.0", Image.hello())
    hooked(cloud, registry, 2)
    face = meter(ui.tier(cloud, registry))
    found = gauges(face)
    assert found["Webhooks"] == (2, "2") and found["Private endpoints"] == (0, "none")
    stored = registry.usage()[0].current_value
    assert stored and found["Storage included in the daily price"] == (stored, "10.0 GiB")
    assert found["DataplaneRead"] == (None, "10 000"), "nothing is counted by default, and nothing made up"
    reader = Reader(face)
    meters = {each.attributes["aria-label"]: each.attributes for each in reader.page if
              each.attributes.get("role") == "meter"}  # fmt: skip
    assert meters["Webhooks"]["aria-valuenow"] == "100" and meters["Webhooks"]["aria-valuetext"] == "2 of 2"
    assert "Private endpoints" not in meters, "there is no meter of what the tier does not have"
    assert "all of it" in reader.text and "They are not counted here" in reader.text


def test_another_tier_beside_it_and_older_facts(cloud: Cloud, registry: Registry) -> None:
    hooked(cloud, registry, 2)
    reader = Reader(ui.tier(cloud, registry).face)
    assert "Standard has besides" in reader.text
    reader.choose("beside", "Premium")
    reader.act("choose")
    assert "Premium has besides" in reader.text and "Geo-replication" in reader.text
    reader.choose("edition", CLASSIC)
    reader.act("choose")
    assert "ReadOps" in reader.text and "in Premium" in reader.text, "the other choice stays"
    registry.upgrade("Standard")
    reader.press("Read again")
    assert reader.heading == "contoso, Standard" and "contoso, Standard, by the facts" in reader.face.text()  # type: ignore[attr-defined]
    reader.choose("beside", "Basic")
    reader.act("choose")
    assert "Basic lacks" in reader.text
    assert not reader.face.act("buy", "", {}), "what the screen has no button for is nothing"


def test_cost_so_far_and_what_it_would_have_been(cloud: Cloud, registry: Registry) -> None:
    hooked(cloud, registry, 2)
    registry.upgrade("Standard")
    hooked(cloud, registry, 3)
    cloud.emulator.advance("30d")
    face = meter(ui.tier(cloud, registry))
    by_tier = {each.tier: each for each in face.reading.costs}
    assert by_tier["Standard"].so_far == pytest.approx(cloud.emulator.bill("contoso")["total"], abs=0.01)
    assert by_tier["Premium"].so_far == pytest.approx(30 * 1.6666, abs=0.01)
    assert by_tier["Basic"].monthly == pytest.approx(0.1666 * 365 / 12, abs=0.01)
    assert "Webhooks" in by_tier["Basic"].obstacles[0] and not by_tier["Premium"].obstacles
    reader = Reader(face)
    assert "Not as it is: Webhooks" in reader.text and "so far, in 30.0 days" in reader.text
    assert "Standard Registry Unit (1/Day)" in reader.text
    assert repr(ui.tier(cloud, registry)) == face.text(), "the same for the same registry"


def test_rates_are_measured_where_they_are_counted() -> None:
    with pytest.MonkeyPatch.context() as patch, Emulator(throttling=True, clock="frozen") as own:
        for name, value in own.environment().items():
            patch.setenv(name, value)
        with connect() as cloud:
            registry = cloud.registry("contoso")
            before = gauges(meter(ui.tier(cloud, registry)))
            assert before["DataplaneRead"] == (0, "10 000")
            list(registry.content.list_repository_names())
            after = gauges(meter(ui.tier(cloud, registry)))
            assert 0 < (after["DataplaneRead"][0] or 0) < 10 and after["DataplaneWrite"][0] == 0


# The plot of the cost


def test_lines_cross_where_another_tier_becomes_the_cheapest() -> None:
    plot = ui.costs()
    assert [each.name for each in plot.lines] == [
        "Basic", "Standard", "Premium", "Premium, 2 regions", "Premium, 3 regions",
    ]  # fmt: skip
    (turn,) = plot.turns
    facts = profile()
    for beside, cheaper in ((-GIB, "Basic"), (GIB, "Premium")):
        prices = {tier: billing.monthly(facts, tier, int(turn.at) + beside) for tier in facts.tiers}
        assert min(prices, key=lambda tier: prices[tier]) == cheaper
    assert ui.costs("100 GiB").turns == (), "up to there Basic stays the cheapest"
    assert "From 466 GiB on Premium is the cheapest" in repr(plot)


def test_every_line_is_drawn_named_and_in_the_table() -> None:
    plot = ui.costs("2 TiB", regions=(1, 4), edition=CLASSIC)
    texts = [each.text for each in tree(plot.html()) if each.name == "text"]
    for line in plot.lines:
        assert f"{line.name} {line.points[-1][1]:.2f}" in texts
        assert any(row[0] == line.name for row in plot.table().rows)
    assert {"0", "500", "1000", "1500", "2000"} <= set(texts)
    assert dict(plot._repr_mimebundle_())["text/plain"] == repr(plot)
    for wrong in (lambda: ui.costs(0), lambda: ui.costs("much"), lambda: ui.costs(regions=(0,))):
        with pytest.raises(ValueError):
            wrong()


# The access explorer


def cells(reader: Reader) -> dict[str, str]:
    return {str(each.attributes["aria-label"]): str(each.attributes["data-argument"]) for each in reader.all("button")
            if "data-cell" in each.attributes}  # fmt: skip


def test_a_cell_has_its_reasons_and_its_remedy(cloud: Cloud, registry: Registry) -> None:
    registry.push("app:1.0", Image.hello())
    reader = Reader(ui.access(cloud, registry).face)
    found = cells(reader)
    assert {"acrlab-sp, push: allowed", "acrlab-identity, push: refused", "anonymous, pull: refused"} <= set(found)
    reader.act("why", found["acrlab-identity, push: refused"])
    assert "managedIdentity acrlab-identity holds AcrPull at the subscription" in reader.text
    assert "Roles that would allow it, those that allow least first: AcrPush" in reader.text
    assert '--role "AcrPush" --scope /subscriptions/' in reader.text
    pressed = [each for each in reader.all("button") if each.attributes.get("aria-pressed") == "true"]
    assert [each.attributes["tabindex"] for each in pressed] == ["0"], "one stop of the Tab key"
    assert sum(each.attributes.get("tabindex") == "0" for each in reader.all("button")) == 1
    described = pressed[0].attributes["aria-describedby"]
    assert any(each.attributes.get("id") == described for each in reader.page)


def test_lists_choose_repository_plane_and_kind(cloud: Cloud, registry: Registry) -> None:
    for name in ("team/app", "other/app"):
        registry.push(f"{name}:1.0", Image.hello())
    registry.lock("team/app")
    reader = Reader(ui.access(cloud, registry).face)
    assert "acrlab-sp, push: allowed" in cells(reader)
    reader.choose("repository", "team/app")
    reader.choose("kind", "servicePrincipal")
    reader.act("choose")
    assert "acrlab-sp, push: refused" in cells(reader) and not any("anonymous" in each for each in cells(reader))
    reader.act("why", cells(reader)["acrlab-sp, push: refused"])
    assert "repository team/app has writeEnabled=false" in reader.text
    reader.choose("plane", "control")
    reader.act("choose")
    assert "acrlab-sp, assign roles: allowed" in cells(reader) and "acrlab-sp, push: refused" not in cells(reader)
    for argument in ("", "user", "user|nobody|push", "<script>"):
        reader.act("why", argument)
    assert "<script" not in reader.html


def test_the_text_twin_has_every_cell_and_the_reasons(cloud: Cloud, registry: Registry) -> None:
    face = explorer(ui.access(cloud, registry))
    content, control = face.tables()
    assert len(content.columns) + len(control.columns) - 4 == len(face.matrix["operations"])
    row = next(each for each in content.rows if each[0] == "acrlab-identity")
    assert dict(zip(content.columns, row, strict=True))["pull"] == "✓" and "✗" in row
    said = face.why("acrlab-identity", "push").text()
    assert said.startswith("acrlab-identity: push, on any repository: refused") and "would do  AcrPush" in said
    for pair in (("nobody", "push"), ("acrlab-sp", "fly")):
        with pytest.raises(LookupError):
            face.why(*pair)
    few = explorer(ui.access(cloud, registry, who=("acrlab-sp", "anonymous")))
    assert [row[0] for row in few.tables()[0].rows] == ["acrlab-sp", "anonymous"]
    with pytest.raises(ControlRefused, match="no repository"):
        ui.access(cloud, registry, "nowhere")
    for look in (cloud.emulator.access, cloud.emulator.rates):
        with pytest.raises(ControlRefused, match="nowhere"):
            look("nowhere")


def test_scopes_are_said_in_words() -> None:
    place = "/subscriptions/5ab5ab00-0000-4000-8000-00000000ac12"
    assert placed(f"Owner at {place} allows x") == "Owner at the subscription allows x"
    assert placed(f"at {place}/resourceGroups/lab") == "at group lab"
    inside = f"{place}/resourceGroups/lab/providers/Microsoft.ContainerRegistry/registries/contoso"
    assert placed(f"at {inside}") == "at registry contoso"
    assert placed(f"at {inside}/tokens/any, too") == "at registry contoso/tokens/any, too"


# The storage map


@pytest.fixture
def shop(registry: Registry) -> Iterator[Registry]:
    """Three images on one base, one of them pushed twice under its tag; and an index with a part of its own."""
    base = Image.build({"usr/lib/runtime.bin": bytes(range(256)) * 200})
    for name, text in (("app1", "1"), ("app1", "1 again"), ("app2", "2")):
        registry.push(f"shop/{name}:1.0", Image.build({"main.py": text}, base=base))
    registry.push("shop/many:all", Image.index([Image.hello("linux/amd64"), Image.hello("linux/arm64")]))
    yield registry


def used(registry: Registry) -> int:
    return int(registry.usage()[0].current_value or 0)


TARGETS = ("untagged", "shop/app1/", "shop/many/", "shop/app2:1.0", "shop/app1:1.0")


def test_what_it_says_is_freed_is_freed(cloud: Cloud, shop: Registry) -> None:
    face = storage(ui.storage(shop))
    assert face.holding.stored == face.holding.counted == used(shop)
    cloud.emulator.snapshot("shop")
    for target in TARGETS:
        named = next((each.key for each in face.holding.manifests if each.title == target), target)
        found = freed(face.holding, named)
        assert 0 < found.size < face.holding.stored and not found.kept
        for each in [named.removesuffix("/")] if named.endswith("/") else [held.key for held in found.going]:
            shop.delete(each)
        cloud.emulator.advance("3d")  # what nothing points to is collected
        assert face.holding.stored - used(shop) == found.size, target
        assert storage(ui.storage(shop)).holding.stored == used(shop)
        cloud.emulator.restore("shop")


def test_parts_of_an_index_are_not_loose(shop: Registry) -> None:
    holding = storage(ui.storage(shop)).holding
    assert [each.repository for each in holding.untagged()] == ["shop/app1"]
    base = holding.shared[0]
    assert [each.repository for each in holding.users(base.digest)] == ["shop/app1", "shop/app1", "shop/app2"]
    assert holding.referenced - holding.stored >= 2 * base.size


def test_what_is_locked_stays(shop: Registry) -> None:
    shop.lock("shop/app2:1.0")
    face = storage(ui.storage(shop))
    key = next(each.key for each in face.holding.manifests if each.repository == "shop/app2")
    for target in (key, "shop/app2/"):
        table = face.would_free(target)
        assert "refused, nothing is freed" in table.title and "1.0 is locked against delete and write" in table.note
    reader = Reader(face)
    reader.choose("target", key)
    reader.act("choose")
    assert "refused, nothing is freed" in reader.text and "would be freed" not in reader.text


def test_soft_delete_and_indexes_are_told(cloud: Cloud, shop: Registry) -> None:
    shop.upgrade("Premium")
    on = {"properties": {"policies": {"softDeletePolicy": {"status": "enabled", "retentionDays": 7}}}}
    preview = "2025-06-01-preview"
    with ContainerRegistryManagementClient(cloud.credential, cloud.subscription, api_version=preview) as client:
        client.registries.begin_update(cloud.group, shop.name, on).result()
    face = storage(ui.storage(shop))
    assert face.holding.waits
    part = next(each.key for each in face.holding.manifests if each.repository == "shop/many" and not each.tags)
    said = face.would_free(part).note
    assert "it would wait among the deleted ones" in said and "lead to something that is gone: shop/many:all" in said
    with pytest.raises(LookupError):
        face.would_free("nothing/")


def test_two_registries_each_store_their_own(cloud: Cloud, shop: Registry) -> None:
    other = cloud.registry("fabrikam")
    other.push("hello:1.0", Image.hello())
    reader = Reader(ui.storage(shop, other).face)
    assert "also stored in fabrikam" in reader.text
    reader.choose("registry", "fabrikam")
    reader.act("choose")
    assert reader.heading == "What fabrikam stores" and "also stored in contoso" in reader.text
    other.delete("hello")
    reader.press("Read again")
    assert "0 manifests refer to 0 B" in reader.text


def test_the_drawing_and_its_twin_agree(shop: Registry) -> None:
    face = storage(ui.storage(shop))
    drawing = next(each for each in tree(face.html()) if each.name == "svg")
    texts = [each.text for each in drawing if each.name == "text"]
    assert sum("stored once" in each for each in texts) == len(face.holding.shared)
    assert len(face.table().rows) == len(face.holding.manifests) == sum("refers to" in each for each in texts)
    assert len(face.blobs().rows) == len(face.holding.pieces)


def test_a_large_registry_is_drawn_in_part_and_listed_whole() -> None:
    layers = [Piece(f"sha256:{number:064x}", 1000 + number, "layer") for number in range(60)]
    manifests = tuple(
        Held("<b>", f"sha256:{number:064x}", 400, (f"v{number:03}",), tuple(layers), (), ()) for number in range(100)
    )
    face = StorageMap(lambda: (Holding("r", manifests, {"<b>": ()}, 0, False, left=7),))
    html = face.screen()
    assert "60 more manifests and 20 more shared layers: in the lists below" in html and "<b>&lt;" not in html
    assert html.count("<tr>") >= 160 and "7 more manifests were not read" in html
    assert isinstance(freed(face.holding, "<b>/"), Freed)


def test_the_static_twin_has_no_ids_that_change(cloud: Cloud, shop: Registry) -> None:
    for made in (lambda: ui.tier(cloud, shop), lambda: ui.access(cloud, shop), lambda: ui.storage(shop)):
        one, other = made()._repr_mimebundle_(), made()._repr_mimebundle_()
        assert one["text/plain"] == other["text/plain"] and one["text/html"] == other["text/html"]
        assert one["application/vnd.jupyter.widget-view+json"]["model_id"]


def test_azure_does_not_decide_without_a_request() -> None:
    class Credential:
        def get_token(self, *_: object, **__: object) -> None: ...

    with pytest.raises(EmulatorOnly):
        ui.access(Cloud(Credential(), "0", None), None)  # type: ignore[arg-type]
