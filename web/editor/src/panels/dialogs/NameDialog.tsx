import { type FormEvent, useId, useState } from "react";
import { useStore } from "zustand";
import { ApiError, Unreachable } from "../../api/http";
import { useT } from "../../i18n";
import { library } from "../../state/library";
import { reasonOf } from "../format";
import { nameTrouble } from "../names";
import { Button } from "../ui/Button";
import { Labelled } from "../ui/Labelled";
import { Modal } from "./Modal";

interface Props {
  readonly title: string;
  readonly initial: string;
  /** What the button says. */
  readonly does: string;
  /** Raises ApiError where the server does not take the name. */
  onName(name: string): Promise<void>;
  onClose(): void;
}

/** Asks for a name that a saved workflow may have. */
export function NameDialog({ title, initial, does, onName, onClose }: Props) {
  const t = useT();
  const form = useId();
  const { name, setName, trouble, refused } = useName(initial);
  const [waiting, setWaiting] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (trouble) return;
    setWaiting(true);
    try {
      await onName(name);
      onClose();
    } catch (error) {
      refused(error);
      setWaiting(false);
    }
  };
  return (
    <Modal
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("panels.cancel")}</Button>
          <Button look="primary" type="submit" form={form} disabled={waiting || trouble !== null}>
            {does}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={(event) => void submit(event)}>
        <Labelled
          label={t("panels.name")}
          value={name}
          error={trouble}
          onFocus={(event) => event.target.select()}
          onChange={(event) => setName(event.target.value)}
        />
      </form>
    </Modal>
  );
}

/** A name as it is typed, and what the editor or the server has against it. */
export function useName(initial: string) {
  const t = useT();
  const [name, setText] = useState(initial);
  const [answer, setAnswer] = useState<string | null>(null);
  const taken = useStore(library, (state) => state.workflows?.some((one) => one.name === name));
  const own = nameTrouble(name);
  const trouble = own
    ? t(`panels.name.${own}`)
    : taken && name !== initial
      ? t("panels.name.taken")
      : answer;
  return {
    name,
    trouble,
    setName: (text: string) => {
      setText(text);
      setAnswer(null);
    },
    refused: (error: unknown) => {
      if (error instanceof ApiError && error.status === 409) setAnswer(t("panels.name.taken"));
      else if (error instanceof Unreachable) setAnswer(t("jobs.unreachable"));
      else setAnswer(reasonOf(error));
    },
  };
}
