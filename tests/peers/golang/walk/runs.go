package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	acr "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

var over = []acr.RunStatus{acr.RunStatusSucceeded, acr.RunStatusFailed, acr.RunStatusCanceled, acr.RunStatusError, acr.RunStatusTimeout}

// runs: GROUP NAME CONTEXT, a packed folder with a Dockerfile.
func runs(seen seen, arguments []string) {
	group, registry, context := arguments[0], arguments[1], arguments[2]
	factory := clients(owner())
	client, history, tasks := factory.NewRegistriesClient(), factory.NewRunsClient(), factory.NewTasksClient()
	machine := &acr.PlatformProperties{OS: to.Ptr(acr.OSLinux), Architecture: to.Ptr(acr.ArchitectureAmd64)}
	ended := func(id *string) *acr.RunProperties {
		for {
			run := must(history.Get(ctx, group, registry, *id, nil)).Properties
			if slices.Contains(over, *run.Status) {
				return run
			}
			time.Sleep(50 * time.Millisecond)
		}
	}

	place := must(client.GetBuildSourceUploadURL(ctx, group, registry, nil))
	archive := streaming.NopCloser(bytes.NewReader(must(os.ReadFile(context))))
	must(must(blockblob.NewClientWithNoCredential(*place.UploadURL, nil)).Upload(ctx, archive, nil))
	build := &acr.DockerBuildRequest{
		Type: to.Ptr("DockerBuildRequest"), Platform: machine, SourceLocation: place.RelativePath,
		DockerFilePath: to.Ptr("Dockerfile"), ImageNames: to.SliceOfPtrs("built/app:v1"), IsPushEnabled: to.Ptr(true),
	}
	run := must(done(client.BeginScheduleRun(ctx, group, registry, build, nil))).Properties
	found := ended(run.RunID)
	image := found.OutputImages[0]
	seen["build"] = []any{found.Status, found.RunType, image.Repository, image.Tag}
	link := must(history.GetLogSasURL(ctx, group, registry, *run.RunID, nil)).LogLink
	log := must(must(blockblob.NewClientWithNoCredential(*link, nil)).DownloadStream(ctx, nil))
	text := string(must(io.ReadAll(log.Body)))
	success := strings.Contains(text, "Run ID: "+*run.RunID+" was successful after")
	seen["log"] = []any{strings.Contains(text, "Step 1/2 : FROM scratch"), success}
	seen["digest"] = image.Digest

	steps := base64.StdEncoding.EncodeToString([]byte("steps:\n  - cmd: nowhere.example.com/x\n"))
	task := acr.Task{Location: to.Ptr("eastus"), Properties: &acr.TaskProperties{
		Platform: machine, AgentConfiguration: &acr.AgentProperties{CPU: to.Ptr[int32](2)},
		Step: &acr.EncodedTaskStep{Type: to.Ptr(acr.StepTypeEncodedTask), EncodedTaskContent: &steps},
	}}
	must(done(tasks.BeginCreate(ctx, group, registry, "fails", task, nil)))
	change := acr.TaskUpdateParameters{
		Properties: &acr.TaskPropertiesUpdateParameters{Timeout: to.Ptr[int32](600)}, Tags: map[string]*string{"by": to.Ptr("patch")},
	}
	changed := must(done(tasks.BeginUpdate(ctx, group, registry, "fails", change, nil)))
	names := func() []string {
		return pages(tasks.NewListPager(group, registry, nil), func(page acr.TasksClientListResponse) []string {
			return each(page.Value, func(one *acr.Task) string { return *one.Name })
		})[0]
	}
	seen["task"] = []any{must(tasks.GetDetails(ctx, group, registry, "fails", nil)).Properties.Timeout, names()}
	request := &acr.TaskRunRequest{Type: to.Ptr("TaskRunRequest"), TaskID: changed.ID}
	second := must(done(client.BeginScheduleRun(ctx, group, registry, request, nil))).Properties.RunID
	seen["failed"] = ended(second).Status
	seen["too late"] = refused(done(history.BeginCancel(ctx, group, registry, *second, nil)))
	one := &acr.RunsClientListOptions{Top: to.Ptr[int32](1)}
	seen["pages"] = pages(history.NewListPager(group, registry, one), func(page acr.RunsClientListResponse) int { return len(page.Value) })
	only := &acr.RunsClientListOptions{Filter: to.Ptr("TaskName eq 'fails'")}
	seen["filtered"] = pages(history.NewListPager(group, registry, only), func(page acr.RunsClientListResponse) string { return *page.Value[0].Properties.Task })
	seen["no such run"] = refused(history.Get(ctx, group, registry, "zz9", nil))
	must(done(tasks.BeginDelete(ctx, group, registry, "fails", nil)))
	seen["left"] = names()
}
