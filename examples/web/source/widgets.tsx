// Fields that are more than text: documents that are uploaded, codes that are sent, face checks.
import type { ErrorListProps, FieldProps, RJSFSchema, RegistryFieldsType, RegistryWidgetsType, WidgetProps } from "@rjsf/utils";
import { useState } from "react";
import { useMutation } from "urql";
import { CheckFace, SendCode, Upload } from "./documents";
import { at } from "./facts";
import type { FormField } from "./form-data";
import { messages } from "./shown";
import type { Word } from "./words";

/** What the fields know of the form around them. */
export interface Surroundings {
  region: string;
  service: string;
  documents: readonly FormField[];
  filled: Record<string, unknown>;
  holderId: string | undefined;
  t: (word: Word) => string;
}

type Data = Record<string, unknown>;
type Widget = WidgetProps<Data, RJSFSchema, Surroundings>;

function around(registry: { formContext: Surroundings }): Surroundings {
  return registry.formContext;
}

function Documents({ formData, onChange, fieldPathId, registry, disabled }: FieldProps<any, RJSFSchema, Surroundings>) {
  const { documents } = around(registry);
  const [ids, setIds] = useState<Record<string, string>>({});
  const uploaded = (type: string, id: string) => {
    const others = ((formData as string[] | undefined) ?? []).filter((each) => each !== ids[type]);
    setIds({ ...ids, [type]: id });
    onChange([...others, id], fieldPathId.path);
  };
  return (
    <div id={fieldPathId.$id}>
      {documents
        .filter(({ type }) => type === "DOCUMENT")
        .map((field) => (
          <OneDocument
            key={field.document?.name}
            field={field}
            prefix={fieldPathId.$id}
            disabled={disabled ?? false}
            id={ids[field.document?.name ?? ""]}
            onUploaded={uploaded}
            {...around(registry)}
          />
        ))}
    </div>
  );
}

interface OneDocumentShown extends Surroundings {
  field: FormField;
  prefix: string;
  disabled: boolean;
  id: string | undefined;
  onUploaded: (type: string, id: string) => void;
}

function OneDocument({ field, prefix, disabled, id, onUploaded, region, holderId, t }: OneDocumentShown) {
  const [{ fetching }, upload] = useMutation(Upload);
  const [file, setFile] = useState<File>();
  const [takenOn, setTakenOn] = useState("");
  const [wrong, setWrong] = useState<string[]>([]);
  const type = field.document?.name ?? "";
  const asksWhen = typeof field.specification === "object" && field.specification !== null && "taken_within" in field.specification;

  async function send(chosen: File | undefined, day: string) {
    setFile(chosen);
    setTakenOn(day);
    if (chosen === undefined || (asksWhen && day === "")) return;
    const input = { file: chosen, type, regionCode: region, ...(holderId ? { holderId } : {}), ...(day ? { takenOn: day } : {}) };
    const { data, error } = await upload({ input });
    const found = data?.uploadDocument;
    setWrong(error ? messages(error) : (found?.errors.map(({ message }) => message.text) ?? []));
    if (found?.document) onUploaded(type, found.document.id);
  }

  const name = `${prefix}_${type}`;
  return (
    <fieldset className="document">
      <legend>
        {field.label.text} {field.needed === "ALWAYS" && <span className="hint">{t("needed")}</span>}
        {field.needed === "PERHAPS" && <span className="hint">{t("hangs")}</span>}
      </legend>
      {field.help && <p className="field-description">{field.help.text}</p>}
      {asksWhen && (
        <p>
          <label htmlFor={`${name}_day`}>
            {field.label.text} {t("takenOn")}
          </label>{" "}
          <input
            id={`${name}_day`}
            type="date"
            value={takenOn}
            disabled={disabled}
            onChange={(event) => void send(file, event.target.value)}
          />
        </p>
      )}
      <input
        type="file"
        aria-label={field.label.text}
        accept="image/jpeg,image/png"
        disabled={disabled}
        onChange={(event) => void send(event.target.files?.[0], takenOn)}
      />
      <p role="status">{fetching ? t("sending") : id ? t("uploaded") : ""}</p>
      {wrong.map((line) => (
        <p key={line} role="alert" className="text-danger">
          {line}
        </p>
      ))}
    </fieldset>
  );
}

function Code({ id, value, required, disabled, onChange, registry }: Widget) {
  const { service, filled, t } = around(registry);
  const [{ fetching }, ask] = useMutation(SendCode);
  const [told, tell] = useState<string[]>([]);
  async function send() {
    // The code to the number that is bound already goes there without anybody naming it.
    const mobile = id.endsWith("boundMobileCode") ? null : at(filled, "evidence.details.mobile");
    if (mobile !== null && (typeof mobile !== "string" || mobile === "")) return tell([t("mobileFirst")]);
    const { data, error } = await ask({ input: { purpose: service, mobile } });
    const found = data?.requestVerificationCode;
    if (error) return tell(messages(error));
    tell(found?.errors.length ? found.errors.map(({ message }) => message.text) : [`${t("codeSent")} ${found?.mobile ?? ""}`]);
  }
  return (
    <>
      <input
        id={id}
        className="form-control"
        inputMode="numeric"
        autoComplete="one-time-code"
        value={(value as string | undefined) ?? ""}
        required={required}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value || undefined)}
      />
      <button type="button" disabled={disabled || fetching} onClick={() => void send()}>
        {t("sendCode")}
      </button>
      <p role="status">{told.join(" ")}</p>
    </>
  );
}

function Face({ id, value, required, disabled, onChange, registry }: Widget) {
  const { service, t } = around(registry);
  const [{ fetching, data, error }, ask] = useMutation(CheckFace);
  const found = data?.requestFaceCheck;
  const told = error ? messages(error) : (found?.errors.map(({ message }) => message.text) ?? []);
  return (
    <>
      <button type="button" disabled={disabled || fetching} onClick={() => void ask({ input: { purpose: service } })}>
        {t("checkFace")}
      </button>
      <p role="status">{told.join(" ")}</p>
      {found?.url && (
        <p>
          <a href={found.url} target="_blank" rel="noreferrer">
            {t("openFace")}
          </a>
        </p>
      )}
      <p id={`${id}_help`}>{t("faceHelp")}</p>
      <input
        id={id}
        className="form-control"
        aria-describedby={`${id}_help`}
        value={(value as string | undefined) ?? ""}
        required={required}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value.trim() || undefined)}
      />
    </>
  );
}

/** What is wrong, all together: what the form found by the field's title, and what the service said as it said it. */
function ErrorList({ errors, registry }: ErrorListProps<Data, RJSFSchema, Surroundings>) {
  const lines = new Set(errors.map(({ title, message }) => `${title ?? ""} ${message ?? ""}`.trim()));
  return (
    <div className="failed" role="alert">
      <h2>{around(registry).t("errors")}</h2>
      <ul>
        {[...lines].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

export const TEMPLATES = { ErrorListTemplate: ErrorList };
export const WIDGETS: RegistryWidgetsType<Data, RJSFSchema, Surroundings> = { code: Code, face: Face };
export const FIELDS: RegistryFieldsType<Data, RJSFSchema, Surroundings> = { documents: Documents };
