import { Fragment } from "react";
import { language, type MessageKey, useT } from "../i18n";
import { shownBytes, shownValue } from "../widgets/text";
import type { Picture } from "./contract";
import type { Size } from "./viewport";

interface Props {
  readonly picture: Picture;
  readonly size: Size | null;
}

/** What is known of a picture, as text and nothing else. */
export function Details({ picture, size }: Props) {
  const t = useT();
  const rows: readonly (readonly [MessageKey, string | undefined])[] = [
    ["viewer.detail.name", picture.name],
    ["viewer.detail.size", size ? `${size.width} × ${size.height}` : undefined],
    ["viewer.detail.bytes", picture.bytes ? shownBytes(picture.bytes, language()) : undefined],
    ["viewer.detail.type", picture.mime ?? undefined],
    ["viewer.detail.node", picture.node],
    ["viewer.detail.seed", shownValue(picture.seed) || undefined],
    ["viewer.detail.created", picture.created ? shownTime(picture.created) : undefined],
  ];
  const parameters = Object.entries(picture.parameters ?? {});
  return (
    <aside className="viewer-details" aria-label={t("viewer.details")} tabIndex={0}>
      <dl>
        {rows.map(([key, value]) =>
          value === undefined ? null : (
            <Fragment key={key}>
              <dt>{t(key)}</dt>
              <dd>{value}</dd>
            </Fragment>
          ),
        )}
      </dl>
      {parameters.length > 0 && (
        <>
          <h3>{t("viewer.parameters")}</h3>
          <dl>
            {parameters.map(([name, value]) => (
              <Fragment key={name}>
                <dt>{name}</dt>
                <dd>{shownValue(value)}</dd>
              </Fragment>
            ))}
          </dl>
        </>
      )}
    </aside>
  );
}

/** When it was made, short. */
export function shownTime(seconds: number): string {
  const time = new Date(seconds * 1000);
  return time.toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });
}
