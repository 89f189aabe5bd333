package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"sort"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	acr "github.com/Azure/azure-sdk-for-go/sdk/containers/azcontainerregistry"
)

const oci = "application/vnd.oci.image.manifest.v1+json"

type object = map[string]any

// data: ENDPOINT REPOSITORY. Anonymous pull is enabled there.
func data(seen seen, arguments []string) {
	endpoint, repository := arguments[0], arguments[1]
	client := must(acr.NewClient(endpoint, owner(), nil))
	blobs := must(acr.NewBlobClient(endpoint, owner(), nil))

	bulk := bytes.Repeat([]byte("layer"), 1_000_000)
	layer := must(upload(blobs, repository, bulk))
	config := must(upload(blobs, repository, []byte("{}")))
	seen["layer"] = []any{layer == fmt.Sprintf("sha256:%x", sha256.Sum256(bulk)), len(bulk)}
	manifest := object{
		"schemaVersion": 2, "mediaType": oci,
		"config": object{"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
		"layers": []object{{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": len(bulk)}},
	}
	digest := must(put(client, repository, "v1", manifest))
	for _, tag := range []string{"v2", "v3"} {
		must(put(client, repository, tag, manifest))
	}
	read := must(client.GetManifest(ctx, repository, "v1", &acr.ClientGetManifestOptions{Accept: to.Ptr(oci)}))
	checked := must(acr.NewDigestValidationReader(digest, read.ManifestData))
	var again struct {
		MediaType string
		Layers    []struct{ Digest string }
	}
	check(json.Unmarshal(must(io.ReadAll(checked)), &again))
	seen["manifest"] = []any{*read.DockerContentDigest == digest, again.MediaType, again.Layers[0].Digest == layer}
	blob := must(blobs.GetBlob(ctx, repository, layer, nil))
	seen["bytes"] = bytes.Equal(must(io.ReadAll(must(acr.NewDigestValidationReader(layer, blob.BlobData)))), bulk)

	other := repository + "-other"
	for _, one := range []string{layer, config} {
		must(blobs.MountBlob(ctx, other, repository, one, nil))
	}
	first := must(put(client, other, digest, manifest))
	manifest["annotations"] = object{"which": "other"}
	more := must(json.Marshal(manifest))
	must(put(client, other, fmt.Sprintf("sha256:%x", sha256.Sum256(more)), manifest))

	repositories := client.NewListRepositoriesPager(&acr.ClientListRepositoriesOptions{MaxNum: to.Ptr[int32](1)})
	seen["repositories"] = pages(repositories, func(page acr.ClientListRepositoriesResponse) []*string { return page.Names })
	order := acr.ArtifactTagOrderByLastUpdatedOnDescending
	tags := client.NewListTagsPager(repository, &acr.ClientListTagsOptions{MaxNum: to.Ptr[int32](2), OrderBy: &order})
	seen["tags"] = pages(tags, named)
	manifests := client.NewListManifestsPager(other, &acr.ClientListManifestsOptions{MaxNum: to.Ptr[int32](1)})
	seen["manifests"] = pages(manifests, func(page acr.ClientListManifestsResponse) int { return len(page.Attributes) })
	shown := must(client.GetManifestProperties(ctx, repository, digest, nil)).Manifest
	marks := each(shown.Tags, func(tag *string) string { return *tag })
	sort.Strings(marks)
	seen["properties"] = []any{*shown.Digest == first, marks, *shown.Size, !shown.CreatedOn.IsZero()}
	about := must(client.GetRepositoryProperties(ctx, repository, nil))
	seen["repository"] = []any{about.Name, about.ManifestCount, about.TagCount, about.ChangeableAttributes.CanWrite}

	no := to.Ptr(false)
	lock := &acr.ClientUpdateTagPropertiesOptions{Value: &acr.TagWriteableProperties{CanDelete: no, CanWrite: no}}
	locked := must(client.UpdateTagProperties(ctx, repository, "v1", lock)).Tag.ChangeableAttributes.CanDelete
	seen["locked"] = []any{locked, refused(client.DeleteTag(ctx, repository, "v1", nil))}
	seen["locked write"] = refused(put(client, repository, "v1", manifest))
	kept := func(deletable bool) {
		value := &acr.ManifestWriteableProperties{CanDelete: &deletable}
		must(client.UpdateManifestProperties(ctx, repository, digest, &acr.ClientUpdateManifestPropertiesOptions{Value: value}))
	}
	kept(false)
	seen["locked manifest"] = refused(client.DeleteManifest(ctx, repository, digest, nil))
	kept(true)
	must(client.UpdateRepositoryProperties(ctx, repository, &acr.ClientUpdateRepositoryPropertiesOptions{
		Value: &acr.RepositoryWriteableProperties{CanList: to.Ptr(true), CanRead: to.Ptr(true)}}))

	reading := must(acr.NewClient(endpoint, reader(), nil))
	found := must(reading.GetManifest(ctx, repository, "v2", &acr.ClientGetManifestOptions{Accept: to.Ptr(oci)}))
	denied := refused(upload(must(acr.NewBlobClient(endpoint, reader(), nil)), repository, bulk))
	seen["reader"] = []any{*found.DockerContentDigest == digest, denied}
	anonymous := must(acr.NewClient(endpoint, nil, nil))
	open := pages(anonymous.NewListTagsPager(repository, nil), named)
	seen["anonymous"] = []any{len(open[0]), refused(anonymous.DeleteTag(ctx, repository, "v2", nil))}

	seen["missing"] = refused(client.GetManifest(ctx, repository, "nowhere", nil))
	seen["missing tag"] = refused(client.GetTagProperties(ctx, repository, "nowhere", nil))
	must(client.DeleteTag(ctx, repository, "v3", nil))
	must(client.DeleteRepository(ctx, other, nil))
	seen["left"] = pages(client.NewListTagsPager(repository, nil), named)[0]
}

func named(page acr.ClientListTagsResponse) []string {
	return each(page.Tags, func(tag *acr.TagAttributes) string { return *tag.Name })
}

// upload sends a blob in chunks of 4 MiB.
func upload(blobs *acr.BlobClient, repository string, data []byte) (string, error) {
	start, err := blobs.StartUpload(ctx, repository, nil)
	if err != nil {
		return "", err
	}
	location, calculator := *start.Location, acr.NewBlobDigestCalculator()
	for chunk := range chunks(data, 4<<20) {
		sent, err := blobs.UploadChunk(ctx, location, bytes.NewReader(chunk), calculator, nil)
		if err != nil {
			return "", err
		}
		location = *sent.Location
	}
	end, err := blobs.CompleteUpload(ctx, location, calculator, nil)
	if err != nil {
		return "", err
	}
	return *end.DockerContentDigest, nil
}

func chunks(data []byte, size int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for start := 0; start < len(data); start += size {
			if !yield(data[start:min(start+size, len(data))]) {
				return
			}
		}
	}
}

func put(client *acr.Client, repository, reference string, manifest object) (string, error) {
	body := streaming.NopCloser(bytes.NewReader(must(json.Marshal(manifest))))
	kind := acr.ContentType(oci)
	answer, err := client.UploadManifest(ctx, repository, reference, kind, body, nil)
	if err != nil {
		return "", err
	}
	return *answer.DockerContentDigest, nil
}
