#include "env/coroutine.h"

#include <boost/asio/execution/context.hpp>

#include "base/check.h"

namespace moldau::env::detail {

boost::asio::execution_context::id WorkerTag::id;

WorkerTag::WorkerTag(boost::asio::execution_context& context) : service(context), worker_(nullptr) {
  CHECK(false, "the task does not run on a worker");
}

Task<Worker*> this_worker() {
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  auto& context = boost::asio::query(executor, boost::asio::execution::context);
  co_return &boost::asio::use_service<WorkerTag>(context).worker();
}

}  // namespace moldau::env::detail
