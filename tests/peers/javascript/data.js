// The data plane as a program meets it: node data.js ENDPOINT REPOSITORY. Anonymous pull is enabled there.
import { createHash } from "node:crypto";
import { ContainerRegistryClient, ContainerRegistryContentClient } from "@azure/container-registry";
import { all, names, owner, reader, refused, whole } from "./seen.js";

const [endpoint, repository] = process.argv.slice(2);
const client = new ContainerRegistryClient(endpoint, owner);
const content = new ContainerRegistryContentClient(endpoint, repository, owner);
const seen = {};

const data = Buffer.alloc(5_000_000, "layer"); // more than one of the client's 4 MiB chunks
const layer = await content.uploadBlob(data);
const config = await content.uploadBlob(Buffer.from("{}"));
seen.layer = [layer.digest === "sha256:" + createHash("sha256").update(data).digest("hex"), layer.sizeInBytes];
const manifest = {
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: config.digest, size: config.sizeInBytes },
  layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer.digest, size: layer.sizeInBytes }],
};
const { digest } = await content.setManifest(manifest, { tag: "v1" });
for (const tag of ["v2", "v3"]) await content.setManifest(manifest, { tag });
const read = await content.getManifest("v1");
seen.manifest = [read.digest === digest, read.mediaType, read.manifest.layers[0].digest === layer.digest];
seen.bytes = (await whole((await content.downloadBlob(layer.digest)).content)).equals(data);
const other = new ContainerRegistryContentClient(endpoint, `${repository}-other`, owner);
const more = { ...manifest, annotations: { which: "other" } };
for (const { mediaType, ...parts } of [manifest, more]) {
  await other.uploadBlob(Buffer.from("{}"));
  await other.uploadBlob(data);
  await other.setManifest({ mediaType, ...parts });
}

const pages = await all(client.listRepositoryNames().byPage({ maxPageSize: 1 }));
seen.repositories = pages.map((page) => [...page]);
const image = client.getArtifact(repository, digest);
const order = { order: "LastUpdatedOnDescending" };
const tags = await all(image.listTagProperties(order).byPage({ maxPageSize: 2 }));
seen.tags = tags.map((page) => page.map((tag) => tag.name));
const manifests = await all(client.getRepository(`${repository}-other`).listManifestProperties().byPage({ maxPageSize: 1 }));
seen.manifests = manifests.map((page) => page.length);
const shown = await image.getManifestProperties();
seen.properties = [shown.digest === digest, shown.tags, shown.sizeInBytes, shown.createdOn instanceof Date];
const about = await client.getRepository(repository).getProperties();
seen.repository = [about.name, about.manifestCount, about.tagCount, about.canWrite];

const locked = await image.updateTagProperties("v1", { canDelete: false, canWrite: false });
seen.locked = [locked.canDelete, await refused(() => image.deleteTag("v1"))];
seen["locked write"] = await refused(() => content.setManifest(more, { tag: "v1" }));
await image.updateManifestProperties({ canDelete: false });
seen["locked manifest"] = await refused(() => image.delete());
await image.updateManifestProperties({ canDelete: true });
await client.getRepository(repository).updateProperties({ canList: true, canRead: true });

const reading = new ContainerRegistryContentClient(endpoint, repository, reader);
seen.reader = [(await reading.getManifest("v2")).digest === digest, await refused(() => reading.uploadBlob(data))];
const anonymous = new ContainerRegistryClient(endpoint);
const anyone = anonymous.getArtifact(repository, "v2");
seen.anonymous = [(await names(anyone.listTagProperties())).length, await refused(() => anyone.deleteTag("v2"))];

seen.missing = await refused(() => content.getManifest("nowhere"));
seen["missing tag"] = await refused(() => image.getTagProperties("nowhere"));
await image.deleteTag("v3");
await client.deleteRepository(`${repository}-other`);
seen.left = await names(image.listTagProperties());
console.log(JSON.stringify(seen));
