package main

import (
	"os"
	"slices"
	"sort"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	acr "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

func sku(name acr.SKUName) *acr.SKU { return &acr.SKU{Name: &name} }

func basic() acr.Registry {
	return acr.Registry{Location: to.Ptr("eastus"), SKU: sku(acr.SKUNameBasic)}
}

func name(one *acr.Registry) string { return *one.Name }

// arm: GROUP NAME. What it leaves behind is looked at by the test.
func arm(seen seen, arguments []string) {
	group, registry := arguments[0], arguments[1]
	groups := must(armresources.NewResourceGroupsClient(os.Getenv("AZURE_SUBSCRIPTION_ID"), owner(), nil))
	wanted := armresources.ResourceGroup{Location: to.Ptr("eastus"), Tags: map[string]*string{"by": to.Ptr("go")}}
	must(groups.CreateOrUpdate(ctx, group, wanted, nil))
	listed := pages(groups.NewListPager(nil), func(page armresources.ResourceGroupsClientListResponse) []string {
		return each(page.Value, func(one *armresources.ResourceGroup) string { return *one.Name })
	})
	seen["group"] = []any{must(groups.Get(ctx, group, nil)).Location, slices.Contains(slices.Concat(listed...), group)}

	factory := clients(owner())
	made := registries(seen, factory.NewRegistriesClient(), factory.NewReplicationsClient(), group, registry)
	replicas(seen, factory.NewReplicationsClient(), group, registry)
	hooks(seen, factory.NewWebhooksClient(), group, registry)
	tokens(seen, factory, group, registry)
	rules(seen, factory.NewCacheRulesClient(), group, registry)
	imports(seen, factory.NewRegistriesClient(), group, registry, made)
	must(done(factory.NewCacheRulesClient().BeginDelete(ctx, group, registry, "hello", nil)))
	seen["no rule"] = ruled(factory.NewCacheRulesClient(), group, registry)
}

// registries walks through a registry's own life, and gives its id.
func registries(seen seen, client *acr.RegistriesClient, places *acr.ReplicationsClient, group, registry string) string {
	asked := acr.RegistryNameCheckRequest{Name: &registry, Type: to.Ptr("Microsoft.ContainerRegistry/registries")}
	seen["free"] = must(client.CheckNameAvailability(ctx, asked, nil)).NameAvailable
	seen["missing role"] = refused(done(clients(reader()).NewRegistriesClient().BeginCreate(ctx, group, registry, basic(), nil)))
	made := must(done(client.BeginCreate(ctx, group, registry, basic(), nil)))
	about := made.Properties
	seen["made"] = []any{made.Name, made.SKU.Tier, about.LoginServer, about.ProvisioningState, !about.CreationDate.IsZero()}
	seen["taken"] = must(client.CheckNameAvailability(ctx, asked, nil)).Reason
	place := acr.Replication{Location: to.Ptr("westeurope")}
	seen["wrong tier"] = refused(done(places.BeginCreate(ctx, group, registry, "westeurope", place, nil)))
	secluded := basic()
	secluded.Properties = &acr.RegistryProperties{PublicNetworkAccess: to.Ptr(acr.PublicNetworkAccessDisabled)}
	seen["wrong property"] = refused(done(client.BeginCreate(ctx, group, registry+"no", secluded, nil)))
	seen["missing"] = refused(client.Get(ctx, group, registry+"no", nil))
	premium := acr.RegistryUpdateParameters{
		SKU:        sku(acr.SKUNamePremium),
		Properties: &acr.RegistryPropertiesUpdateParameters{AdminUserEnabled: to.Ptr(true)},
		Tags:       map[string]*string{"by": to.Ptr("patch")},
	}
	changed := must(done(client.BeginUpdate(ctx, group, registry, premium, nil)))
	seen["changed"] = []any{changed.SKU.Name, changed.Properties.AdminUserEnabled, changed.Tags}
	must(done(client.BeginCreate(ctx, group, registry+"two", basic(), nil)))
	seen["listed"] = pages(client.NewListByResourceGroupPager(group, nil), func(page acr.RegistriesClientListByResourceGroupResponse) []string {
		return each(page.Value, name)
	})
	everywhere := pages(client.NewListPager(nil), func(page acr.RegistriesClientListResponse) []string { return each(page.Value, name) })
	seen["in subscription"] = slices.Contains(slices.Concat(everywhere...), registry)
	must(done(client.BeginDelete(ctx, group, registry+"two", nil)))
	before := must(client.ListCredentials(ctx, group, registry, nil)).Passwords
	first := acr.RegenerateCredentialParameters{Name: to.Ptr(acr.PasswordNamePassword)}
	after := must(client.RegenerateCredential(ctx, group, registry, first, nil)).Passwords
	seen["renewed"] = []bool{*before[0].Value != *after[0].Value, *before[1].Value != *after[1].Value}
	seen["usages"] = each(must(client.ListUsages(ctx, group, registry, nil)).Value, func(one *acr.RegistryUsage) string { return *one.Name })
	return *made.ID
}

func replicas(seen seen, client *acr.ReplicationsClient, group, registry string) {
	place := acr.Replication{Location: to.Ptr("westeurope")}
	made := must(done(client.BeginCreate(ctx, group, registry, "westeurope", place, nil)))
	seen["replica"] = []any{made.Name, made.Properties.ProvisioningState, made.Properties.Status.DisplayStatus}
	closed := acr.ReplicationUpdateParameters{Properties: &acr.ReplicationUpdateParametersProperties{RegionEndpointEnabled: to.Ptr(false)}}
	changed := must(done(client.BeginUpdate(ctx, group, registry, "westeurope", closed, nil)))
	names := pages(client.NewListPager(group, registry, nil), func(page acr.ReplicationsClientListResponse) []string {
		return each(page.Value, func(one *acr.Replication) string { return *one.Name })
	})[0]
	sort.Strings(names)
	seen["replicas"] = []any{changed.Properties.RegionEndpointEnabled, names}
}

func hooks(seen seen, client *acr.WebhooksClient, group, registry string) {
	push, remove := acr.WebhookActionPush, acr.WebhookActionDelete
	wanted := acr.WebhookCreateParameters{Location: to.Ptr("eastus"), Properties: &acr.WebhookPropertiesCreateParameters{
		ServiceURI: to.Ptr("https://hooks.example.com/here"), Actions: []*acr.WebhookAction{&push},
		CustomHeaders: map[string]*string{"X-By": to.Ptr("program")},
	}}
	must(done(client.BeginCreate(ctx, group, registry, "hookwalk", wanted, nil)))
	change := acr.WebhookUpdateParameters{Properties: &acr.WebhookPropertiesUpdateParameters{
		Actions: []*acr.WebhookAction{&push, &remove}, Scope: to.Ptr("app:*"),
	}}
	changed := must(done(client.BeginUpdate(ctx, group, registry, "hookwalk", change, nil))).Properties
	seen["hook"] = []any{changed.Actions, changed.Scope, changed.Status}
	seen["headers"] = must(client.GetCallbackConfig(ctx, group, registry, "hookwalk", nil)).CustomHeaders
	ping := must(client.Ping(ctx, group, registry, "hookwalk", nil))
	seen["pinged"] = pages(client.NewListEventsPager(group, registry, "hookwalk", nil), func(page acr.WebhooksClientListEventsResponse) bool {
		return len(page.Value) == 1 && *page.Value[0].ID == *ping.ID
	})
}

func tokens(seen seen, factory *acr.ClientFactory, group, registry string) {
	maps, client := factory.NewScopeMapsClient(), factory.NewTokensClient()
	wanted := acr.ScopeMap{Properties: &acr.ScopeMapProperties{
		Actions: to.SliceOfPtrs("repositories/app/content/read", "repositories/app/metadata/read"), Description: to.Ptr("read"),
	}}
	scopes := must(done(maps.BeginCreate(ctx, group, registry, "readers", wanted, nil)))
	robot := acr.Token{Properties: &acr.TokenProperties{ScopeMapID: scopes.ID, Status: to.Ptr(acr.TokenStatusEnabled)}}
	token := must(done(client.BeginCreate(ctx, group, registry, "robot", robot, nil)))
	count := pages(maps.NewListPager(group, registry, nil), func(page acr.ScopeMapsClientListResponse) int { return len(page.Value) })[0]
	seen["token"] = []any{scopes.Properties.Type, token.Properties.ProvisioningState, token.Properties.Status, count}
	asked := acr.GenerateCredentialsParameters{TokenID: token.ID, Name: to.Ptr(acr.TokenPasswordNamePassword1)}
	secret := must(done(factory.NewRegistriesClient().BeginGenerateCredentials(ctx, group, registry, asked, nil)))
	seen["secret"] = []any{secret.Username, each(secret.Passwords, func(one *acr.TokenPassword) []any {
		return []any{one.Name, len(*one.Value) > 20}
	})}
	seen["token listed"] = pages(client.NewListPager(group, registry, nil), func(page acr.TokensClientListResponse) string { return *page.Value[0].Name })
	seen["map in use"] = refused(done(maps.BeginDelete(ctx, group, registry, "readers", nil)))
	seen["system map"] = refused(done(maps.BeginDelete(ctx, group, registry, "_repositories_pull", nil)))
}

func rules(seen seen, client *acr.CacheRulesClient, group, registry string) {
	wanted := acr.CacheRule{Properties: &acr.CacheRuleProperties{
		SourceRepository: to.Ptr("docker.io/library/hello-world"), TargetRepository: to.Ptr("cached/hello-world"),
	}}
	rule := must(done(client.BeginCreate(ctx, group, registry, "hello", wanted, nil)))
	seen["rule"] = []any{rule.Name, rule.Properties.SourceRepository, rule.Properties.ProvisioningState, ruled(client, group, registry)}
}

func ruled(client *acr.CacheRulesClient, group, registry string) []string {
	return pages(client.NewListPager(group, registry, nil), func(page acr.CacheRulesClientListResponse) []string {
		return each(page.Value, func(one *acr.CacheRule) string { return *one.Name })
	})[0]
}

func imports(seen seen, client *acr.RegistriesClient, group, registry, id string) {
	get := func(source acr.ImportSource, target string) (acr.RegistriesClientImportImageResponse, error) {
		wanted := acr.ImportImageParameters{Source: &source, TargetTags: []*string{&target}, Mode: to.Ptr(acr.ImportModeNoForce)}
		return done(client.BeginImportImage(ctx, group, registry, wanted, nil))
	}
	public := to.Ptr("mcr.microsoft.com")
	hello := acr.ImportSource{RegistryURI: public, SourceImage: to.Ptr("hello-world")}
	must(get(hello, "imported/hello:v1"))
	seen["imported again"] = refused(get(hello, "imported/hello:v1"))
	seen["import of nothing"] = refused(get(acr.ImportSource{RegistryURI: public, SourceImage: to.Ptr("no/such:image")}, "imported/no:v1"))
	must(get(acr.ImportSource{ResourceID: &id, SourceImage: to.Ptr("imported/hello:v1")}, "imported/hello:v2"))
}
