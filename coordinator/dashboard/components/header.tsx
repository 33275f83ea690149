// Who this is, whether what stands here is current, and what the fleet does and does not protect.
import type { StatusView, TaskView } from '../../../proto/api.js';
import { pickedTask, task } from '../store.js';
import { ConnectionBadge } from './connectionBadge.js';
import { Mark } from './mark.js';

export function Header({ status, tasks }: { status: StatusView; tasks: readonly TaskView[] }) {
  return (
    <header class="top">
      <div class="bar">
        <Mark />
        <h1>
          <span class="product">Skein</span> {status.fleet}
        </h1>
        <ConnectionBadge />
        {tasks.length > 1 && <TaskPicker tasks={tasks} />}
      </div>
      <p class="privacy">
        <strong>Privacy</strong> {status.privacy}
      </p>
    </header>
  );
}

function TaskPicker({ tasks }: { tasks: readonly TaskView[] }) {
  return (
    <label class="picker">
      Task{' '}
      <select
        value={task.value?.id}
        onChange={event => {
          pickedTask.value = event.currentTarget.value;
        }}
      >
        {tasks.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
}
