/* Messages of gRPC core from and to plain bytes; not part of the module. */
#ifndef CGRPCSHIM_BUFFER_H
#define CGRPCSHIM_BUFFER_H

#include <grpc/grpc.h>
#include <stddef.h>
#include <stdint.h>

/* A message with a copy of the bytes. */
grpc_byte_buffer *grpcshim_buffer_of(const uint8_t *bytes, size_t length);

/* Copies a message of exactly that length. -EBADMSG: it has another, or cannot be decoded. */
int grpcshim_buffer_copy(grpc_byte_buffer *message, uint8_t *bytes, size_t length);

/* Frees the message, if there is one, and forgets it. */
void grpcshim_buffer_destroy(grpc_byte_buffer **message);

#endif
