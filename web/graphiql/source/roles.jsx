import { useEffect, useState } from "react";

/** A menu of the demo's people; choosing one sets the token for all tabs. Only a service with the demo has any. */
export function DemoRoles({ choose }) {
  const [roles, setRoles] = useState([]);
  useEffect(() => {
    // Relative to this page, wherever it is served.
    fetch("roles").then((answer) => answer.json()).then(setRoles);
  }, []);
  if (roles.length === 0) return null;
  const label = "演示身份 · Demo role";
  return (
    <select className="demo-roles" aria-label={label} title={label} defaultValue="" onChange={({ target }) => choose(target.value)}>
      <option value="">{label}</option>
      {roles.map(({ name, about, token }) => (
        <option key={name} value={token} title={about}>
          {name}
        </option>
      ))}
    </select>
  );
}
