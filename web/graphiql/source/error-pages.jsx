import { useEffect, useState } from "react";

const TOLD = "codes-told";

/** Yields the codes of all errors in an answer: those of the request, and those in the payloads of mutations. */
function* codesIn(value) {
  if (Array.isArray(value)) {
    for (const item of value) yield* codesIn(item);
  } else if (value !== null && typeof value === "object") {
    for (const [name, part] of Object.entries(value)) {
      if (name === "code" && PAGES.includes(part)) yield part;
      else yield* codesIn(part);
    }
  }
}

/** Has the links show the pages of the errors in an answer. */
export function tellCodes(answer) {
  const detail = [...new Set(codesIn(answer))];
  dispatchEvent(new CustomEvent(TOLD, { detail }));
}

/** Links from the codes of the last answer's errors to what the documentation says of them. PAGES is put in by build.mjs. */
export function ErrorPages() {
  const [codes, setCodes] = useState([]);
  useEffect(() => {
    const show = ({ detail }) => setCodes(detail);
    addEventListener(TOLD, show);
    return () => removeEventListener(TOLD, show);
  }, []);
  if (codes.length === 0) return null;
  return (
    <nav className="error-pages" aria-label="错误说明 · What the errors mean">
      {codes.map((code) => (
        <a key={code} href={`errors/${code}`} target="_blank" rel="noreferrer">
          {code}
        </a>
      ))}
    </nav>
  );
}
