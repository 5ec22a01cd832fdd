// Run as a process: `listing-clients.ts <url> <bearer token> <clients>`. Each client asks for the list, page after page and over again,
// until the process is ended; a line is printed for each page.
const [url = '', token = '', clients = '1'] = process.argv.slice(2)

async function listForEver(): Promise<void> {
	for (let cursor = ''; ; ) {
		const response = await fetch(`${url}?limit=200${cursor && `&cursor=${cursor}`}`, {
			headers: { authorization: `Bearer ${token}` },
		})
		const body = (await response.json()) as { items?: unknown[]; nextCursor?: string }
		process.stdout.write(`${response.status} ${body.items?.length ?? 0}\n`)
		cursor = body.nextCursor ?? ''
	}
}

await Promise.all(Array.from({ length: Number(clients) }, listForEver))
