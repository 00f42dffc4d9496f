/** The answer of the page's own server; throws what the server says where it refuses. */
export async function fetched(path: string): Promise<Response> {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error((await answer.text()).trim() || `The server answered ${answer.status}`);
  return answer;
}
