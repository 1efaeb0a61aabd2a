const LABEL = "要上传的文件 · File to upload";
const chosen = { file: undefined };

/** The field for a file; the first null under the name `file` among the variables stands for it. */
export function UploadField() {
  return (
    <input className="upload-field" type="file" aria-label={LABEL} title={LABEL} onChange={({ target }) => (chosen.file = target.files[0])} />
  );
}

/** Returns the way to the null that stands for the file, such as `variables.input.file`; undefined where there is none. */
function placeOfFile(value, way) {
  for (const [name, part] of Object.entries(value ?? {})) {
    const place = `${way}.${name}`;
    if (name === "file" && part === null) return place;
    const within = typeof part === "object" ? placeOfFile(part, place) : undefined;
    if (within) return within;
  }
  return undefined;
}

/** Returns the form that sends an operation with the chosen file; undefined where no file is chosen or none is asked for. */
export function uploadForm(parameters) {
  const place = placeOfFile(parameters.variables, "variables");
  if (!chosen.file || !place) return undefined;
  const form = new FormData();
  form.append("operations", JSON.stringify(parameters));
  form.append("map", JSON.stringify({ 0: [place] }));
  form.append("0", chosen.file);
  return form;
}
