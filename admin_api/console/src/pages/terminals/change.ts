import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

/**
 * Something that is done to a terminal or a user: afterwards what is shown of them is asked anew, and `said` of the
 * answer is shown.
 */
export function useChange<Answer>(doing: () => Promise<Answer>, said: (answer: Answer) => string, after?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: doing,
    onSuccess: answer => {
      notifications.show({ message: said(answer) });
      after?.();
      for (const queryKey of [["terminal"], ["user"], ["terminals", "summary"]]) {
        void queries.invalidateQueries({ queryKey });
      }
    },
  });
}
