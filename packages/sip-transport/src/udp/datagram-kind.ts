/** A datagram that only keeps a NAT binding: CRLFs, NULs (seen from phones), or nothing at all. */
export function isKeepAlive(data: Uint8Array): boolean {
	if (data.length > 8) return false
	return data.every((byte) => byte === 0x0d || byte === 0x0a || byte === 0)
}
