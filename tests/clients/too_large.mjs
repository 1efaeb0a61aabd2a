// Sends a body that is too large, and one of ordinary size over the same connections, by the fetch that Node has.
const [address, bytes] = process.argv.slice(2);
const seen = [];
for (const body of ["x".repeat(Number(bytes)), JSON.stringify({ query: "{ __typename }" })]) {
  for (const type of ["application/json", "text/plain"]) {
    const answer = await fetch(address, { method: "POST", body, headers: { "Content-Type": type } });
    const text = await answer.text();
    seen.push({ status: answer.status, code: JSON.parse(text).errors?.[0].extensions.code ?? null });
  }
}
console.log(JSON.stringify(seen));
