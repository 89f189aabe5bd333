"""What a kubelet asks of its container runtime: PullImage of the CRI, version 1, with the credentials of a pull secret.

SOCKET IMAGE USER PASSWORD; prints the reference of the image, or the runtime's error to standard error.
"""

import sys

import grpc


def field(number: int, value: bytes) -> bytes:
    """A length-delimited field of a protocol buffer."""
    return bytes([number << 3 | 2]) + varint(len(value)) + value


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def main() -> int:
    socket, image, user, password = sys.argv[1:]
    spec = field(1, image.encode())                                          # ImageSpec.image
    auth = field(1, user.encode()) + field(2, password.encode()) if user else b""   # AuthConfig
    request = field(1, spec) + (field(2, auth) if auth else b"")             # PullImageRequest
    with grpc.insecure_channel(f"unix://{socket}") as channel:
        pull = channel.unary_unary("/runtime.v1.ImageService/PullImage")
        try:
            answer = pull(request, timeout=60)
        except grpc.RpcError as error:
            print(error.code().name, error.details(), file=sys.stderr)
            return 1
    print(answer[2:].decode())                                               # PullImageResponse.image_ref
    return 0


if __name__ == "__main__":
    sys.exit(main())
