// Tables of the link: receipts, outbox, blobs under way, bytes counted.

export const linkSchema = '';
