// What a token says, for each way to sign in without a secret: node identities.js, in both shapes of the endpoint.
import { ManagedIdentityCredential, WorkloadIdentityCredential } from "@azure/identity";

const ways = {
  managed: new ManagedIdentityCredential(),
  workload: new WorkloadIdentityCredential({ tokenFilePath: process.env.ACRLAB_FEDERATED_TOKEN_FILE }),
};
const seen = {};
for (const [way, credential] of Object.entries(ways)) {
  const { token } = await credential.getToken("https://containerregistry.azure.net/.default");
  const { appid, aud } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  seen[way] = [appid === process.env.AZURE_CLIENT_ID, aud.replace(/\/$/, "")];
}
console.log(JSON.stringify(seen));
