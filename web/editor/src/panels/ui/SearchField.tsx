import { useT } from "../../i18n";
import { Icon } from "./Icon";
import "./field.css";

interface Props {
  readonly label: string;
  readonly value: string;
  onChange(value: string): void;
}

export function SearchField({ label, value, onChange }: Props) {
  const t = useT();
  return (
    <span className="search-field">
      <Icon name="search" />
      <input
        type="text"
        role="searchbox"
        className="search-field-input"
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || value === "") return;
          event.preventDefault();
          event.stopPropagation();
          onChange("");
        }}
      />
      {value !== "" && (
        <button
          type="button"
          className="search-field-clear"
          aria-label={t("panels.search.clear")}
          onClick={() => onChange("")}
        >
          <Icon name="close" />
        </button>
      )}
    </span>
  );
}
