/** FNV-1a over UTF-16 units, stirred at the end so that every bit depends on all; 32 bits, signed. Not for secrets. */
export function hashText(text: string): number {
	let hash = 0x811c9dc5
	for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
	hash ^= hash >>> 15
	hash = Math.imul(hash, 0x2c1b3c6d)
	return hash ^ (hash >>> 12)
}
