#define _GNU_SOURCE
#include "buffer.h"

#include <errno.h>
#include <string.h>

#include "core.h"

grpc_byte_buffer *grpcshim_buffer_of(const uint8_t *bytes, size_t length) {
    grpc_slice slice = grpcshim_core.slice_from_copied_buffer((const char *)bytes, length);
    grpc_byte_buffer *message = grpcshim_core.raw_byte_buffer_create(&slice, 1);
    grpcshim_core.slice_unref(slice);
    return message;
}

int grpcshim_buffer_copy(grpc_byte_buffer *message, uint8_t *bytes, size_t length) {
    grpc_byte_buffer_reader reader;
    if (!grpcshim_core.byte_buffer_reader_init(&reader, message))
        return -EBADMSG;
    size_t filled = 0;
    grpc_slice piece;
    while (grpcshim_core.byte_buffer_reader_next(&reader, &piece)) {
        size_t size = GRPC_SLICE_LENGTH(piece);
        if (size > length - filled)
            size = length - filled;
        if (size > 0)
            memcpy(bytes + filled, GRPC_SLICE_START_PTR(piece), size);
        filled += size;
        grpcshim_core.slice_unref(piece);
    }
    grpcshim_core.byte_buffer_reader_destroy(&reader);
    return filled == length ? 0 : -EBADMSG;
}

void grpcshim_buffer_destroy(grpc_byte_buffer **message) {
    if (*message != NULL)
        grpcshim_core.byte_buffer_destroy(*message);
    *message = NULL;
}
