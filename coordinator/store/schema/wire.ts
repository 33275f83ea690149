// Tables of identity and wire: devices, tokens, blobs and chunks, traffic, refusals.

export const wireSchema = '';
