import { useT } from "../../i18n";
import { Button } from "../ui/Button";
import { Modal } from "./Modal";

export interface Question {
  readonly title: string;
  readonly text: string;
  /** What the button that does it says. */
  readonly does: string;
  run(): void;
}

/** Asks before something that cannot be undone. The first button is the one that does nothing. */
export function Confirm({ question, onClose }: { question: Question; onClose(): void }) {
  const t = useT();
  return (
    <Modal
      title={question.title}
      onClose={onClose}
      footer={
        <>
          <Button data-autofocus onClick={onClose}>
            {t("panels.cancel")}
          </Button>
          <Button
            look="danger"
            onClick={() => {
              onClose();
              question.run();
            }}
          >
            {question.does}
          </Button>
        </>
      }
    >
      <p>{question.text}</p>
    </Modal>
  );
}
