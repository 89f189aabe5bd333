// Azure's SDKs for Go as a program meets them: walk NAME ARGUMENTS. Prints what it saw as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	acr "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerregistry/armcontainerregistry"
)

type seen map[string]any

var ctx = context.Background()

func main() {
	walks := map[string]func(seen, []string){"data": data, "arm": arm, "runs": runs, "poller": poller, "identities": identities}
	found := seen{}
	walks[os.Args[1]](found, os.Args[2:])
	if len(found) > 0 {
		text := must(json.Marshal(found))
		fmt.Println(string(text))
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		panic(err)
	}
}

// refused is the type, status and code of the SDK's own error.
func refused[T any](_ T, err error) any {
	var answer *azcore.ResponseError
	if err == nil {
		return "allowed"
	}
	if !errors.As(err, &answer) {
		return err.Error()
	}
	return []any{fmt.Sprintf("%T", answer), answer.StatusCode, code(answer)}
}

// code is what the SDK read, or the first of a registry's errors, whose shape it leaves to its caller.
func code(answer *azcore.ResponseError) string {
	var body struct{ Errors []struct{ Code string } }
	if answer.ErrorCode == "" {
		check(json.Unmarshal(must(runtime.Payload(answer.RawResponse)), &body))
		return body.Errors[0].Code
	}
	return answer.ErrorCode
}

// done waits for an operation with the SDK's own poller.
func done[T any](poller *runtime.Poller[T], err error) (T, error) {
	if err != nil {
		var nothing T
		return nothing, err
	}
	return poller.PollUntilDone(ctx, nil)
}

// pages are what each page of a list holds.
func pages[T, R any](pager *runtime.Pager[T], read func(T) R) []R {
	var found []R
	for pager.More() {
		found = append(found, read(must(pager.NextPage(ctx))))
	}
	return found
}

// each of a list of pointers, read.
func each[T, R any](list []T, read func(T) R) []R {
	found := []R{}
	for _, one := range list {
		found = append(found, read(one))
	}
	return found
}

func owner() azcore.TokenCredential {
	return must(azidentity.NewDefaultAzureCredential(nil))
}

func reader() azcore.TokenCredential {
	return must(azidentity.NewClientSecretCredential(
		os.Getenv("AZURE_TENANT_ID"), os.Getenv("WALK_READER_ID"), os.Getenv("WALK_READER_SECRET"), nil))
}

func clients(credential azcore.TokenCredential) *acr.ClientFactory {
	return must(acr.NewClientFactory(os.Getenv("AZURE_SUBSCRIPTION_ID"), credential, nil))
}
