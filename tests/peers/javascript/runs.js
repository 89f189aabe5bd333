// ACR Tasks as a program meets them: node runs.js GROUP NAME CONTEXT, a packed folder with a Dockerfile.
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { BlockBlobClient } from "@azure/storage-blob";
import { ContainerRegistryManagementClient } from "arm-with-tasks";
import { all, names, owner, refused } from "./seen.js";

const [group, name, context] = process.argv.slice(2);
const arm = new ContainerRegistryManagementClient(owner, process.env.AZURE_SUBSCRIPTION_ID);
const ENDED = ["Succeeded", "Failed", "Canceled", "Error", "Timeout"];
const seen = {};

async function ended(runId) {
  for (;;) {
    const run = await arm.runs.get(group, name, runId);
    if (ENDED.includes(run.status)) return run;
    await setTimeout(50);
  }
}

const { uploadUrl, relativePath } = await arm.registries.getBuildSourceUploadUrl(group, name);
const archive = await readFile(context);
await new BlockBlobClient(uploadUrl).upload(archive, archive.length);
const build = {
  type: "DockerBuildRequest", platform: { os: "Linux", architecture: "amd64" }, sourceLocation: relativePath,
  dockerFilePath: "Dockerfile", imageNames: ["built/app:v1"], isPushEnabled: true,
};
const run = await arm.registries.beginScheduleRunAndWait(group, name, build);
const done = await ended(run.runId);
const image = done.outputImages[0];
seen.build = [done.status, done.runType, image.repository, image.tag];
const { logLink } = await arm.runs.getLogSasUrl(group, name, run.runId);
const log = (await new BlockBlobClient(logLink).downloadToBuffer()).toString();
seen.log = [log.includes("Step 1/2 : FROM scratch"), log.includes(`Run ID: ${run.runId} was successful after`)];
seen.digest = image.digest;

const task = {
  location: "eastus", platform: build.platform, agentConfiguration: { cpu: 2 },
  step: { type: "EncodedTask", encodedTaskContent: Buffer.from("steps:\n  - cmd: nowhere.example.com/x\n").toString("base64") },
};
await arm.tasks.beginCreateAndWait(group, name, "fails", task);
const { id } = await arm.tasks.beginUpdateAndWait(group, name, "fails", { timeout: 600, tags: { by: "patch" } });
seen.task = [(await arm.tasks.getDetails(group, name, "fails")).timeout, await names(arm.tasks.list(group, name))];
const second = await arm.registries.beginScheduleRunAndWait(group, name, { type: "TaskRunRequest", taskId: id });
seen.failed = (await ended(second.runId)).status;
seen["too late"] = await refused(() => arm.runs.beginCancelAndWait(group, name, second.runId));
seen.pages = (await all(arm.runs.list(group, name, { top: 1 }).byPage())).map((page) => page.length);
seen.filtered = (await all(arm.runs.list(group, name, { filter: "TaskName eq 'fails'" }))).map((each) => each.task);
seen["no such run"] = await refused(() => arm.runs.get(group, name, "zz9"));
await arm.tasks.beginDeleteAndWait(group, name, "fails");
seen.left = await names(arm.tasks.list(group, name));
console.log(JSON.stringify(seen));
