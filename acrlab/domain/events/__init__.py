"""What has happened. State is a fold of these; nothing else changes it. One module a family.

Registries are named by their lower-case name, resources by their lower-case ARM id.
"""

import msgspec

from acrlab.domain.events.content import AttributesChanged as AttributesChanged
from acrlab.domain.events.content import BlobLinked as BlobLinked
from acrlab.domain.events.content import BlobUnlinked as BlobUnlinked
from acrlab.domain.events.content import Content as Content
from acrlab.domain.events.content import CredentialRegenerated as CredentialRegenerated
from acrlab.domain.events.content import ManifestDeleted as ManifestDeleted
from acrlab.domain.events.content import ManifestPushed as ManifestPushed
from acrlab.domain.events.content import RegistryClosed as RegistryClosed
from acrlab.domain.events.content import RegistryOpened as RegistryOpened
from acrlab.domain.events.content import RepositoryDeleted as RepositoryDeleted
from acrlab.domain.events.content import TagDeleted as TagDeleted
from acrlab.domain.events.happening import Happening as Happening
from acrlab.domain.events.hosting import CommitStatusPut as CommitStatusPut
from acrlab.domain.events.hosting import HostedClosed as HostedClosed
from acrlab.domain.events.hosting import HostedOpened as HostedOpened
from acrlab.domain.events.hosting import Hosting as Hosting
from acrlab.domain.events.hosting import HostTokenIssued as HostTokenIssued
from acrlab.domain.events.hosting import HostTokenRevoked as HostTokenRevoked
from acrlab.domain.events.hosting import PullRequestMoved as PullRequestMoved
from acrlab.domain.events.hosting import RefMoved as RefMoved
from acrlab.domain.events.hosting import SourceHookFired as SourceHookFired
from acrlab.domain.events.hosting import SourceHookPut as SourceHookPut
from acrlab.domain.events.hosting import SourceHookRemoved as SourceHookRemoved
from acrlab.domain.events.insight import Insight as Insight
from acrlab.domain.events.insight import RequestsCounted as RequestsCounted
from acrlab.domain.events.lifecycle import DeletedPurged as DeletedPurged
from acrlab.domain.events.lifecycle import Lifecycle as Lifecycle
from acrlab.domain.events.lifecycle import ManifestRestored as ManifestRestored
from acrlab.domain.events.lifecycle import QuarantineDecided as QuarantineDecided
from acrlab.domain.events.pipelines import ConnectionMade as ConnectionMade
from acrlab.domain.events.pipelines import ConnectionRemoved as ConnectionRemoved
from acrlab.domain.events.pipelines import PipelineEnded as PipelineEnded
from acrlab.domain.events.pipelines import Pipelines as Pipelines
from acrlab.domain.events.pipelines import PipelineStarted as PipelineStarted
from acrlab.domain.events.reach import Reach as Reach
from acrlab.domain.events.reach import WebhookFired as WebhookFired
from acrlab.domain.events.resources import OperationStarted as OperationStarted
from acrlab.domain.events.resources import ResourceDeleted as ResourceDeleted
from acrlab.domain.events.resources import ResourcePut as ResourcePut
from acrlab.domain.events.resources import Resources as Resources
from acrlab.domain.events.storage import BlobRemoved as BlobRemoved
from acrlab.domain.events.storage import BlobStored as BlobStored
from acrlab.domain.events.storage import ContainerEmptied as ContainerEmptied
from acrlab.domain.events.storage import Storage as Storage
from acrlab.domain.events.streaming import ConversionEnded as ConversionEnded
from acrlab.domain.events.streaming import ConversionStarted as ConversionStarted
from acrlab.domain.events.streaming import Streaming as Streaming
from acrlab.domain.events.streaming import StreamingSet as StreamingSet
from acrlab.domain.events.tasks import RunEnded as RunEnded
from acrlab.domain.events.tasks import RunForgotten as RunForgotten
from acrlab.domain.events.tasks import RunQueued as RunQueued
from acrlab.domain.events.tasks import RunStarted as RunStarted
from acrlab.domain.events.tasks import TaskLearned as TaskLearned
from acrlab.domain.events.tasks import Tasks as Tasks
from acrlab.domain.events.tasks import TriggerJudged as TriggerJudged
from acrlab.domain.events.vaults import VaultClosed as VaultClosed
from acrlab.domain.events.vaults import VaultItemDeleted as VaultItemDeleted
from acrlab.domain.events.vaults import VaultItemPurged as VaultItemPurged
from acrlab.domain.events.vaults import VaultItemPut as VaultItemPut
from acrlab.domain.events.vaults import VaultItemRecovered as VaultItemRecovered
from acrlab.domain.events.vaults import Vaults as Vaults
from acrlab.domain.events.world import ClockAdvanced as ClockAdvanced
from acrlab.domain.events.world import JobEnded as JobEnded
from acrlab.domain.events.world import JobScheduled as JobScheduled
from acrlab.domain.events.world import PrincipalAdded as PrincipalAdded
from acrlab.domain.events.world import PrincipalRemoved as PrincipalRemoved
from acrlab.domain.events.world import World as World
from acrlab.domain.events.world import WorldCreated as WorldCreated

Event = (
    World | Resources | Content | Reach | Lifecycle | Vaults | Tasks | Hosting | Pipelines | Insight | Storage
    | Streaming
)

_ENCODE = msgspec.msgpack.Encoder()
_DECODE = msgspec.msgpack.Decoder(list[Event])


def encode(events: tuple[Event, ...]) -> bytes:
    """Turn the events of one use case into one journal record."""
    return _ENCODE.encode(events)


def decode(record: bytes) -> list[Event]:
    """Read a journal record back."""
    return _DECODE.decode(record)
