package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	acr "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
)

// poller: GROUP NAME. Says each state that it is told, as it is told.
func poller(_ seen, arguments []string) {
	group, name := arguments[0], arguments[1]
	factory := clients(owner())
	places := factory.NewReplicationsClient()
	premium := acr.Registry{Location: to.Ptr("eastus"), SKU: sku(acr.SKUNamePremium)}
	watched(factory.NewRegistriesClient().BeginCreate(ctx, group, name, premium, nil))
	watched(places.BeginCreate(ctx, group, name, "westeurope", acr.Replication{Location: to.Ptr("westeurope")}, nil))
	closed := acr.ReplicationUpdateParameters{Properties: &acr.ReplicationUpdateParametersProperties{RegionEndpointEnabled: to.Ptr(false)}}
	watched(places.BeginUpdate(ctx, group, name, "westeurope", closed, nil))
	watched(places.BeginDelete(ctx, group, name, "westeurope", nil))
}

func watched[T any](poller *runtime.Poller[T], err error) {
	check(err)
	for !poller.Done() {
		fmt.Println("running")
		must(poller.Poll(ctx))
	}
	must(poller.Result(ctx))
	fmt.Println("succeeded")
}

// identities: what a token says, for each way to sign in without a secret, in both shapes of the endpoint.
func identities(seen seen, _ []string) {
	file := &azidentity.WorkloadIdentityCredentialOptions{TokenFilePath: os.Getenv("ACRLAB_FEDERATED_TOKEN_FILE")}
	ways := map[string]azcore.TokenCredential{
		"managed":  must(azidentity.NewManagedIdentityCredential(nil)),
		"workload": must(azidentity.NewWorkloadIdentityCredential(file)),
	}
	for way, credential := range ways {
		scope := policy.TokenRequestOptions{Scopes: []string{"https://containerregistry.azure.net/.default"}}
		token := must(credential.GetToken(ctx, scope)).Token
		var claims struct{ Appid, Aud string }
		check(json.Unmarshal(must(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])), &claims))
		seen[way] = []any{claims.Appid == os.Getenv("AZURE_CLIENT_ID"), strings.TrimSuffix(claims.Aud, "/")}
	}
}
